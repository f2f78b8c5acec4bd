package io.github.zsic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import io.github.zsic.text.Template;
import io.github.zsic.text.Texts;

/**
 * Labels to choose from, prepared once and used for many calls: <pre>{@code
 * LabelSet animals = classifier.labels("fox", "bear", "seagull", "owl");
 * classifier.classify(image, animals);
 * }</pre> A classifier keeps the embeddings of a set that it has
 * {@linkplain ZeroShotClassifier#prepare prepared} for as long as the set is referenced,
 * whatever its label cache drops, and looks nothing up in a call: 20,000 labels are no
 * problem.
 * <p>
 * The set itself knows no model. Any classifier takes it, and encodes it for its own
 * model first if it was prepared for another one. Immutable and thread-safe.
 * <p>
 * A label, a template, and the prompt that is made of both may have 10,000 characters
 * each, wherever they are given; text towers read some hundred at most.
 */
public final class LabelSet {

	/** What is allowed on average; models read some 300. */
	private static final long CHARACTERS_OF_PROMPT = 300;

	private final List<String> labels;

	/** For each label its own prompts, or {@code null} where templates make them. */
	private final List<@Nullable List<String>> ownPrompts;

	private final List<Template> templates;

	private final boolean reusable;

	private LabelSet(List<String> labels, List<@Nullable List<String>> ownPrompts, List<Template> templates,
			boolean reusable) {
		this.labels = labels;
		this.ownPrompts = ownPrompts;
		this.templates = templates;
		this.reusable = reusable;
	}

	/**
	 * Makes a set that takes its templates from the classifier.
	 * @param labels the labels, at least one, none twice
	 * @return the set
	 * @throws InvalidLabelException if there is none, or one is blank or there twice
	 */
	public static LabelSet of(String... labels) {
		return builder().labels(labels).build();
	}

	/**
	 * Makes a set that takes its templates from the classifier.
	 * @param labels the labels, at least one, none twice
	 * @return the set
	 * @throws InvalidLabelException if there is none, or one is blank or there twice
	 */
	public static LabelSet of(Collection<String> labels) {
		return builder().labels(labels).build();
	}

	/**
	 * Starts a set.
	 * @return an empty builder
	 */
	public static Builder builder() {
		return new Builder();
	}

	/**
	 * The labels.
	 * @return the labels, as they were passed in and in that order
	 */
	public List<String> labels() {
		return this.labels;
	}

	/**
	 * Whether it is worth keeping what was computed for it, as it will be used again.
	 */
	boolean isReusable() {
		return this.reusable;
	}

	/**
	 * The same labels with other templates, for one call.
	 */
	LabelSet withTemplates(List<Template> templates) {
		return new LabelSet(this.labels, this.ownPrompts, templates, false);
	}

	/**
	 * Checks, before any is made, how many prompts there are and how long they are
	 * together.
	 * @param maximum how many there may be
	 * @param defaults the templates to use if the set has none
	 */
	void requirePrompts(long maximum, List<Template> defaults) {
		PromptCount count = countPrompts(defaults);
		long prompts = count.prompts();
		long characters = count.characters();
		if (prompts > maximum) {
			throw new InvalidLabelException(
					"The request has %d labels and %d prompts, one for each label and template; at most %d prompts are allowed."
						.formatted(this.labels.size(), prompts, maximum),
					"Send fewer labels or templates.");
		}
		if (characters / CHARACTERS_OF_PROMPT > maximum) {
			throw new InvalidLabelException(
					"The prompts of the request, one for each label and template, have %d characters together; at most %d are allowed."
						.formatted(characters, maximum * CHARACTERS_OF_PROMPT),
					"Shorten the labels or templates, or send fewer.");
		}
	}

	/**
	 * How many prompts there are, counted before one is made.
	 * @param defaults the templates for a set without templates
	 * @return the numbers
	 */
	PromptCount countPrompts(List<Template> defaults) {
		List<Template> used = this.templates.isEmpty() ? defaults : this.templates;
		long prompts = 0;
		long characters = 0;
		for (int i = 0; i < this.labels.size(); i++) {
			List<String> own = this.ownPrompts.get(i);
			prompts += (own != null) ? own.size() : used.size();
			String label = this.labels.get(i);
			characters += (own != null) ? own.stream().mapToLong(String::length).sum()
					: used.stream().mapToLong((template) -> template.length(label)).sum();
		}
		return new PromptCount(prompts, characters);
	}

	/**
	 * What a text tower is to encode.
	 * @param defaults the templates to use if the set has none
	 * @return for each label one or more prompts
	 */
	List<List<String>> prompts(List<Template> defaults) {
		List<Template> used = this.templates.isEmpty() ? defaults : this.templates;
		List<List<String>> prompts = new ArrayList<>(this.labels.size());
		for (int i = 0; i < this.labels.size(); i++) {
			String label = this.labels.get(i);
			List<String> own = this.ownPrompts.get(i);
			if (own != null) {
				prompts.add(own);
			}
			else if (used.size() == 1) {
				prompts.add(List.of(used.get(0).prompt(label)));
			}
			else {
				prompts.add(used.stream().map((template) -> template.prompt(label)).toList());
			}
		}
		return prompts;
	}

	@Override
	public String toString() {
		int shown = Math.min(this.labels.size(), 10);
		return this.labels.subList(0, shown) + ((shown < this.labels.size()) ? " … " + this.labels.size() : "");
	}

	/**
	 * Builds a {@link LabelSet}.
	 */
	public static final class Builder {

		private final List<String> labels = new ArrayList<>();

		private final List<@Nullable List<String>> ownPrompts = new ArrayList<>();

		private final List<String> templates = new ArrayList<>();

		private Builder() {
		}

		/**
		 * Adds labels.
		 * @param labels the labels
		 * @return this builder
		 * @throws InvalidLabelException if one is blank or very long
		 */
		public Builder labels(String... labels) {
			return labels(Arrays.asList(labels));
		}

		/**
		 * Adds labels.
		 * @param labels the labels
		 * @return this builder
		 * @throws InvalidLabelException if one is blank or very long
		 */
		public Builder labels(Collection<String> labels) {
			labels.forEach((label) -> add(label, null));
			return this;
		}

		/**
		 * Adds labels with prompts of their own, such as descriptions of what each looks
		 * like, instead of the templates. Several prompts of a label are an ensemble, as
		 * several {@linkplain #templates(String...) templates} are. A prompt is used as
		 * it is, except that {@code {}} or {@code {0}} stands for the label, and
		 * {@code {{} and {@code }}} for single braces.
		 * @param prompts for each label one or more prompts, in the order of the map
		 * @return this builder
		 * @throws InvalidLabelException if a label or prompt is blank, a label has none,
		 * or one has a single brace
		 */
		public Builder labels(Map<String, ? extends Collection<String>> prompts) {
			prompts.forEach(this::addWithPrompts);
			return this;
		}

		private void addWithPrompts(String label, Collection<String> prompts) {
			List<String> own = new ArrayList<>();
			for (String prompt : prompts) {
				if (prompt == null || prompt.isBlank()) {
					throw new InvalidLabelException(
							"Prompt " + (own.size() + 1) + " of the label '" + Texts.abbreviate(label) + "' is blank.",
							"Leave it out.");
				}
				own.add(Template.parsePrompt(prompt).prompt(label));
			}
			if (own.isEmpty()) {
				throw new InvalidLabelException("The label '" + Texts.abbreviate(label) + "' has no prompts.",
						"Give at least one, or add the label without prompts to use the templates.");
			}
			add(label, List.copyOf(own));
		}

		private void add(@Nullable String label, @Nullable List<String> prompts) {
			if (label == null || label.isBlank()) {
				throw new InvalidLabelException("Label " + (this.labels.size() + 1) + " is blank.",
						"Leave it out, or give it a name.");
			}
			if (label.length() > Texts.MAXIMUM_LENGTH) {
				throw new InvalidLabelException("Label " + (this.labels.size() + 1) + ", '" + Texts.abbreviate(label)
						+ "'," + Texts.tooLong(label.length()), "Shorten it.");
			}
			this.labels.add(label);
			this.ownPrompts.add(prompts);
		}

		/**
		 * Adds hypothesis templates for the labels that have no prompts of their own; if
		 * there are none, those of the classifier are used.
		 * @param templates the templates
		 * @return this builder
		 * @see ClassificationRequest.Builder#templates(String...)
		 */
		public Builder templates(String... templates) {
			return templates(Arrays.asList(templates));
		}

		/**
		 * Adds hypothesis templates.
		 * @param templates the templates
		 * @return this builder
		 * @see #templates(String...)
		 */
		public Builder templates(Collection<String> templates) {
			this.templates.addAll(templates);
			return this;
		}

		boolean isEmpty() {
			return this.labels.isEmpty();
		}

		/**
		 * Builds the set.
		 * @return the set
		 * @throws InvalidLabelException if there is no label, or one is there twice
		 * @throws InvalidTemplateException if a template cannot be used
		 */
		public LabelSet build() {
			if (this.labels.isEmpty()) {
				throw new InvalidLabelException("The set has no labels.", "Add at least one.");
			}
			Set<String> seen = new HashSet<>();
			for (String label : this.labels) {
				if (!seen.add(label)) {
					throw new InvalidLabelException("The label '" + Texts.abbreviate(label) + "' is in the set twice.",
							"Remove one of the two.");
				}
			}
			return build(true);
		}

		/** The labels of one call, in which duplicates are kept as in the reference. */
		LabelSet buildForOneCall() {
			return build(false);
		}

		private LabelSet build(boolean reusable) {
			List<@Nullable List<String>> prompts = new ArrayList<>(this.ownPrompts);
			return new LabelSet(List.copyOf(this.labels), prompts,
					this.templates.isEmpty() ? List.of() : Template.parseAll(this.templates), reusable);
		}

	}

	/**
	 * The size of all prompts of a set.
	 *
	 * @param prompts how many there are
	 * @param characters how many characters they have together
	 */
	record PromptCount(long prompts, long characters) {

	}

}
