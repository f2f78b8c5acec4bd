import io.github.zsic.ImageInput
import io.github.zsic.ZeroShotClassifier
import java.nio.file.Path

fun main(pictures: Array<String>) {
    ZeroShotClassifier.builder().checkpoint("classpath:zsic/emoji-clip").build().use { classifier ->
        for (picture in pictures) {
            val best = classifier.classify(ImageInput.of(Path.of(picture)), "fox", "bear", "seagull", "owl").best()
            // Not a platform type: what the API says of null is what Kotlin believes.
            val label: String = best.label()
            println("$picture: $label")
        }
    }
}
