package io.github.zsic.spring.boot;

import io.github.zsic.Precision;
import org.jspecify.annotations.Nullable;

/**
 * Which model a classifier runs, and where.
 *
 * @param checkpoint the checkpoint, as it is named to the builder of a classifier
 * @param revision the revision of a repository of the Hub, {@code null} for its default
 * @param device the device, as it is named to the builder of a classifier
 * @param precision what it computes in, as it is told to the builder of a classifier
 */
public record ModelSelection(String checkpoint, @Nullable String revision, String device, Precision precision) {

}
