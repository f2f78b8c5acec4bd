package io.github.zsic.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * With descriptions as Linux gives them.
 */
class ProcessorTests {

	@TempDir
	private Path folder;

	@Test
	void raspberryPi4LacksAtomics() throws IOException {
		Processor processor = processor("""
				processor	: 0
				BogoMIPS	: 108.00
				Features	: fp asimd evtstrm crc32 cpuid
				CPU implementer	: 0x41
				""");
		assertThat(processor.lacks("atomics")).isTrue();
		assertThat(processor.lacks("asimd")).isFalse();
		assertThat(processor.name()).isNotBlank();
	}

	@Test
	void graviton2HasAtomics() throws IOException {
		assertThat(processor(
				"""
						processor	: 0
						Features	: fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp ssbs
						""")
			.lacks("atomics")).isFalse();
	}

	@Test
	void x86TellsItsName() throws IOException {
		Processor processor = processor("""
				processor	: 0
				vendor_id	: AuthenticAMD
				model name	: AMD EPYC 9R14
				flags		: fpu sse2 avx512f
				""");
		assertThat(processor.name()).isEqualTo("AMD EPYC 9R14");
		assertThat(processor.lacks("atomics")).isFalse();
	}

	@Test
	void whatIsNotKnownIsNotLacking() {
		Processor processor = new Processor(this.folder.resolve("none"));
		assertThat(processor.lacks("atomics")).isFalse();
		assertThat(processor.name()).isNotBlank();
	}

	private Processor processor(String description) throws IOException {
		return new Processor(Files.writeString(this.folder.resolve("cpuinfo"), description));
	}

}
