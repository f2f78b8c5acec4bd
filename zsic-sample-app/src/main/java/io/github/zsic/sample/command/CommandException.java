package io.github.zsic.sample.command;

/**
 * Ends the command with one line that says why.
 */
class CommandException extends RuntimeException {

	private final int exitCode;

	CommandException(int exitCode, String message) {
		super(message);
		this.exitCode = exitCode;
	}

	/** The command was not understood. */
	static CommandException usage(String message) {
		return new CommandException(FolderCommand.EXIT_USAGE, message);
	}

	/** The command was understood, but cannot be carried out. */
	static CommandException failure(String message) {
		return new CommandException(FolderCommand.EXIT_FAILURE, message);
	}

	int exitCode() {
		return this.exitCode;
	}

}
