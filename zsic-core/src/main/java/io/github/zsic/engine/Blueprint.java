package io.github.zsic.engine;

import java.util.HashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import io.github.zsic.CheckpointException;
import io.github.zsic.checkpoint.ModelConfig;

/**
 * What the program of a model is put together from.
 *
 * @param architecture the architecture
 * @param towers the towers of an architecture that has several of them to choose from
 */
record Blueprint(Architecture architecture, @Nullable OpenClipTowers towers) {

	/**
	 * Chooses by a configuration.
	 * @param config the configuration of a model
	 * @return what its program is put together from
	 * @throws CheckpointException if there is no program
	 */
	static Blueprint of(ModelConfig config) {
		Architecture architecture = Architecture.of(config.modelType());
		architecture.requireModel(config);
		return new Blueprint(architecture, (architecture == Architecture.OPEN_CLIP) ? OpenClipTowers.of(config) : null);
	}

	/**
	 * The sources that take places in its program, by the names that the others have for
	 * them.
	 * @param kernels the source of the products of matrices: {@code onednn} or
	 * {@code plain}
	 */
	Map<String, String> roles(String kernels) {
		Map<String, String> roles = new HashMap<>();
		roles.put("architecture", this.architecture.source());
		roles.put("kernels", kernels);
		if (this.towers != null) {
			roles.put("pictures", this.towers.pictures().source());
			roles.put("texts", this.towers.texts().source());
		}
		return roles;
	}

	/** The name of the small model whose answers are known. */
	String knownModel() {
		return (this.towers != null) ? this.architecture.modelType() + "/" + this.towers
				: this.architecture.modelType();
	}

	@Override
	public String toString() {
		return knownModel();
	}

}
