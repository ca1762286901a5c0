package dev.sallyport.embedded;

import org.jspecify.annotations.Nullable;

/**
 * An embedded server could not be started, used or stopped; the message says what would be right.
 */
public final class EmbeddedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** What went wrong, in a form that code may depend on. */
    public enum Code {
        /** Another process (or another server of this process) uses the data folder. */
        FOLDER_IN_USE("folder-in-use"),
        /** The data folder cannot be read or written. */
        FOLDER_UNUSABLE("folder-unusable"),
        /** No free port, or the port that must be used again is taken. */
        PORT_TAKEN("port-taken"),
        /** This machine cannot run the server (operating system, processor, missing program). */
        PLATFORM("platform"),
        /** The server did not become ready. */
        NOT_READY("not-ready"),
        /** The server is stopped. */
        STOPPED("stopped"),
        /** A name or value that the server cannot take. */
        BAD_VALUE("bad-value");

        private final String text;

        Code(String text) {
            this.text = text;
        }

        /** The stable code as it stands in logs and documents. */
        public String text() {
            return text;
        }
    }

    private final Code code;

    EmbeddedException(Code code, String message) {
        this(code, message, null);
    }

    EmbeddedException(Code code, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    /** The stable code. */
    public Code code() {
        return code;
    }
}
