package io.github.zsic.engine;

import java.util.LinkedHashMap;
import java.util.Map;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * What libtorch's importer gets of sources in plain Python.
 */
class ProgramSourceTests {

	private final Map<String, ProgramSource> program = new LinkedHashMap<>();

	@Test
	void functionsAndClassesGetWholeNames() {
		add("layers", "def scale(x):\n    return x\n\nclass Model:\n    x: int\n");
		assertThat(packed("clip", """
				from . import layers
				from .layers import Model, scale

				def half(m: Model, half: Tensor) -> Tensor:
				    return layers.scale(scale(half)) + half(m, half) + half.half(scale)
				""")).isEqualTo("""



				def half(m: __torch__.zsic.layers.Model, half: Tensor) -> Tensor:
				    return __torch__.zsic.layers.scale(__torch__.zsic.layers.scale(half)) \
				+ __torch__.zsic.clip.half(m, half) + half.half(scale)
				""");
	}

	@Test
	void methodsKeepTheirNames() {
		assertThat(packed("model", """
				class Model(Module):
				    def load(self) -> None:
				        load(self)

				def load(m: Model) -> None:
				    m.load()
				""")).isEqualTo("""
				class Model(Module):
				    def load(self) -> None:
				        __torch__.zsic.model.load(self)

				def load(m: __torch__.zsic.model.Model) -> None:
				    m.load()
				""");
	}

	@Test
	void textsAndCommentsStayAsTheyAre() {
		String text = """
				def f() -> str:
				    \"\"\"Not f() of
				    torch.float32, "nor" this.\"\"\"
				    # nor f() here, it's fine
				    return "f() \\" torch.float32" + 'math.f("")'
				""";
		assertThat(packed("clip", text)).isEqualTo(text);
	}

	@Test
	void everyLineKeepsItsNumber() {
		add("layers", "def one(): pass\ndef two(): pass\n");
		assertThat(packed("clip", """
				\"\"\"What it is for,
				at length.
				\"\"\"

				import torch
				from torch import Tensor

				from .layers import (
				    one,  # for one
				    two,
				)

				def f(): return two()
				""")).isEqualTo("\n".repeat(12) + "def f(): return __torch__.zsic.layers.two()\n");
	}

	@Test
	void commasAtTheEndsOfListsAreLeftOut() {
		assertThat(packed("clip", """
				def f(
				    x: Tensor,
				    y: Tensor,
				) -> Tensor:
				    return g([
				        x, y,
				    ], (x,))
				""")).isEqualTo("""
				def f(
				    x: Tensor,
				    y: Tensor
				) -> Tensor:
				    return g([
				        x, y
				    ], (x,))
				""");
	}

	@Test
	void importerHasOtherNamesForSomeOfTorch() {
		assertThat(packed("clip", """
				def f(x: Tensor, d: torch.device) -> torch.dtype:
				    y = F.pad(x.to(torch.bfloat16), [0, math.ceil(0.5)])
				    return torch.ops.aten.gelu_(y.to(torch.device("cpu")))
				""")).isEqualTo("""
				def f(x: Tensor, d: Device) -> int:
				    y = torch.pad(x.to(15), [0, torch.ceil(0.5)])
				    return ops.aten.gelu_(y.to(torch.device("cpu")))
				""");
	}

	@Test
	void rolesAreTakenByOtherFiles() {
		add("onednn", "def pack(x): pass\n");
		ProgramSource source = new ProgramSource("layers", """
				from . import plain as kernels
				def f(x): return kernels.pack(x)
				""", Map.of("kernels", "onednn"));
		assertThat(source.imports()).containsExactly("onednn");
		assertThat(source.packed(this.program)).isEqualTo("\ndef f(x): return __torch__.zsic.onednn.pack(x)\n");
	}

	@Test
	void whatAFileImportsOthersHaveFromIt() {
		add("defaults", "def bias(): pass\n");
		add("clip", "from .defaults import bias\n");
		assertThat(packed("model", "from . import clip\nx = clip.bias()\n"))
			.isEqualTo("\nx = __torch__.zsic.defaults.bias()\n");
	}

	@Test
	void aMissingFunctionIsNamedWithItsPlace() {
		add("layers", "def linear(x): pass\n");
		assertThatIllegalStateException()
			.isThrownBy(() -> packed("clip", "from . import layers\n\n\ndef f(x):\n    return layers.lineer(x)\n"))
			.withMessage("clip.py, line 5: layers.py has no 'lineer'");
	}

	private void add(String name, String text) {
		this.program.put(name, new ProgramSource(name, text, Map.of()));
	}

	private String packed(String name, String text) {
		add(name, text);
		return this.program.get(name).packed(this.program);
	}

}
