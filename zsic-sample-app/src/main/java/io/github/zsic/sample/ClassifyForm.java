package io.github.zsic.sample;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

import io.github.zsic.ClassificationRequest;
import io.github.zsic.ImageInput;
import io.github.zsic.Scoring;
import io.github.zsic.sample.text.TextList;
import io.github.zsic.spring.boot.ImageFetcher;
import org.jspecify.annotations.Nullable;

import org.springframework.scheduling.concurrent.CustomizableThreadFactory;
import org.springframework.util.StringUtils;
import org.springframework.web.multipart.MultipartFile;
import org.springframework.web.multipart.MultipartHttpServletRequest;

/**
 * A form with pictures and labels. A field that is left empty counts as not there, as
 * browsers send it.
 */
class ClassifyForm {

	private static final Pattern NUMBER = Pattern.compile("[+-]?(\\d+(\\.\\d*)?|\\.\\d+)([eE][+-]?\\d+)?");

	private static final List<String> FIELDS = List.of("image", "url", "labels", "template", "background", "scoring",
			"temperature", "top", "threshold");

	/** Of one form, so that its slow ones leave connections for those of others. */
	private static final int MAXIMUM_FETCHES = 4;

	private final List<Picture> pictures;

	private final List<String> labels;

	private final List<String> templates;

	private final List<String> background;

	private final @Nullable Scoring scoring;

	private final @Nullable Float temperature;

	private final @Nullable Integer top;

	private final @Nullable Float threshold;

	/**
	 * Reads a form.
	 * @param form the form
	 * @param checks the limits
	 * @param maximumImages how many pictures it may have
	 * @param fetcher gets pictures by URL, {@code null} if they are not allowed
	 */
	ClassifyForm(MultipartHttpServletRequest form, RequestChecks checks, int maximumImages,
			@Nullable ImageFetcher fetcher) {
		refuseUnknown(form);
		this.pictures = pictures(form, fetcher);
		checks.images(this.pictures.size(), maximumImages);
		this.labels = labels(form);
		checks.labels(this.labels);
		this.templates = texts(form, "template", TextList::texts);
		checks.templates(this.templates);
		this.background = texts(form, "background", TextList::texts);
		checks.background(this.background);
		this.scoring = scoring(form);
		this.temperature = temperature(form);
		this.top = top(form);
		this.threshold = number(form, "threshold", "a number such as 0.5");
	}

	/**
	 * The files in the order of the form, then the URLs.
	 */
	List<Picture> pictures() {
		return this.pictures;
	}

	/**
	 * The pictures, those by URL fetched, a few at a time. The first that fails, in their
	 * order, fails all.
	 * @param share counts what is in memory because of them
	 */
	List<ImageInput> fetch(UploadBudget.Share share) throws Exception {
		long remote = this.pictures.stream().filter(Picture::remote).count();
		ExecutorService fetchers = Executors.newFixedThreadPool((int) Math.max(1, Math.min(remote, MAXIMUM_FETCHES)),
				new CustomizableThreadFactory("classify-fetch-"));
		try {
			List<Future<ImageInput>> fetched = new ArrayList<>();
			for (Picture picture : this.pictures) {
				fetched.add(picture.remote() ? fetchers.submit(() -> {
					try (InputStream content = picture.content().open(share)) {
						return ImageInput.of(picture.name(), content.readAllBytes());
					}
				}) : CompletableFuture.completedFuture(picture.input(share)));
			}
			List<ImageInput> inputs = new ArrayList<>();
			for (Future<ImageInput> input : fetched) {
				inputs.add(input.get());
			}
			return inputs;
		}
		catch (ExecutionException ex) {
			throw (ex.getCause() instanceof Exception cause) ? cause : ex;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new CancellationException("The thread was interrupted while it waited for pictures.");
		}
		finally {
			fetchers.shutdownNow();
		}
	}

	/**
	 * Adds to a request what the form asks of its pictures.
	 */
	void ask(ClassificationRequest.Builder request) {
		request.labels(this.labels).templates(this.templates).background(this.background);
		if (this.scoring != null) {
			request.scoring(this.scoring);
		}
		if (this.temperature != null) {
			request.temperature(this.temperature);
		}
		if (this.top != null) {
			request.top(this.top);
		}
		if (this.threshold != null) {
			request.threshold(this.threshold);
		}
	}

	/** A field that is misspelt would give scores that nobody asked for. */
	private static void refuseUnknown(MultipartHttpServletRequest form) {
		Set<String> names = new TreeSet<>(form.getParameterMap().keySet());
		names.addAll(form.getMultiFileMap().keySet());
		FIELDS.forEach(names::remove);
		if (!names.isEmpty()) {
			throw Problems.badRequest("There is no field " + Problems.quote(names.iterator().next())
					+ "; the fields are " + String.join(", ", FIELDS) + ".");
		}
	}

	private static List<Picture> pictures(MultipartHttpServletRequest form, @Nullable ImageFetcher fetcher) {
		List<Picture> pictures = new ArrayList<>();
		for (MultipartFile file : form.getFiles("image")) {
			String name = file.getOriginalFilename();
			if (!file.isEmpty() || StringUtils.hasText(name)) {
				String shown = StringUtils.hasText(name) ? name : "image " + (pictures.size() + 1);
				pictures.add(new Picture(shown, false, (share) -> file.getInputStream()));
			}
		}
		String client = Places.client(form);
		for (String value : values(form, "url")) {
			String url = value.strip();
			if (fetcher == null) {
				throw Problems.badRequest("'url' is not allowed here: send the picture itself, as 'image'.");
			}
			pictures.add(new Picture(url, true, (share) -> {
				byte[] content = fetcher.fetch(url, client);
				share.add(content.length);
				return new ByteArrayInputStream(content);
			}));
		}
		if (pictures.isEmpty()) {
			throw Problems
				.badRequest((form.getParameter("image") != null) ? "'image' must be a file: a part with a file name."
						: "'image' is missing: send at least one picture.");
		}
		return pictures;
	}

	private static List<String> labels(MultipartHttpServletRequest form) {
		List<String> labels = texts(form, "labels", TextList::labels);
		if (labels.isEmpty()) {
			throw Problems.badRequest("'labels' is missing or empty: send at least one label.");
		}
		return labels;
	}

	private static List<String> texts(MultipartHttpServletRequest form, String name,
			UnaryOperator<List<String>> reader) {
		try {
			return reader.apply(values(form, name));
		}
		catch (IllegalArgumentException ex) {
			throw Problems.badRequest("'" + name + "' " + ex.getMessage());
		}
	}

	private static @Nullable Scoring scoring(MultipartHttpServletRequest form) {
		String value = value(form, "scoring");
		if (value == null) {
			return null;
		}
		for (Scoring scoring : Scoring.values()) {
			if (scoring.name().equalsIgnoreCase(value)) {
				return scoring;
			}
		}
		throw Problems.badRequest("'scoring' must be one of %s, not %s."
			.formatted(Arrays.toString(Scoring.values()).toLowerCase(Locale.ROOT), Problems.quote(value)));
	}

	private static @Nullable Integer top(MultipartHttpServletRequest form) {
		String value = value(form, "top");
		if (value == null) {
			return null;
		}
		try {
			int top = Integer.parseInt(value);
			if (top >= 1) {
				return top;
			}
		}
		catch (NumberFormatException ex) {
			// told below
		}
		throw Problems.badRequest("'top' must be a whole number from 1 to %d, not %s.".formatted(Integer.MAX_VALUE,
				Problems.quote(value)));
	}

	private static @Nullable Float temperature(MultipartHttpServletRequest form) {
		String expected = "a number from 0.000001 to 1000000";
		Float temperature = number(form, "temperature", expected);
		if (temperature != null && !(temperature >= 1e-6f && temperature <= 1e6f)) {
			throw Problems.badRequest("'temperature' must be %s, not %s.".formatted(expected, temperature));
		}
		return temperature;
	}

	private static @Nullable Float number(MultipartHttpServletRequest form, String name, String expected) {
		String value = value(form, name);
		if (value == null) {
			return null;
		}
		if (NUMBER.matcher(value).matches()) {
			float number = Float.parseFloat(value);
			if (Float.isFinite(number)) {
				return number;
			}
		}
		throw Problems.badRequest("'%s' must be %s, not %s.".formatted(name, expected, Problems.quote(value)));
	}

	private static @Nullable String value(MultipartHttpServletRequest form, String name) {
		List<String> values = values(form, name);
		if (values.size() > 1) {
			throw Problems.badRequest("'" + name + "' must be given only once.");
		}
		return values.isEmpty() ? null : values.get(0).strip();
	}

	private static List<String> values(MultipartHttpServletRequest form, String name) {
		String[] values = form.getParameterValues(name);
		return (values != null) ? Arrays.stream(values).filter(StringUtils::hasText).toList() : List.of();
	}

	/**
	 * A picture of the form, which is there only when it is asked for.
	 *
	 * @param name what the client calls it
	 * @param remote whether it is somewhere else, so that getting it may take long
	 * @param content gets it
	 */
	record Picture(String name, boolean remote, Content content) {

		/**
		 * The picture, which is got when it is classified.
		 * @param share counts what is in memory because of it
		 */
		ImageInput input(UploadBudget.Share share) {
			return ImageInput.of(this.name, () -> this.content.open(share));
		}

	}

	/**
	 * Gets a picture.
	 */
	@FunctionalInterface
	interface Content {

		/**
		 * Gets a picture.
		 * @param share counts what is in memory because of it
		 */
		InputStream open(UploadBudget.Share share) throws IOException;

	}

}
