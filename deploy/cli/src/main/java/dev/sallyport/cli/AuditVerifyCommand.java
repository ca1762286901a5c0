package dev.sallyport.cli;

import dev.sallyport.audit.AuditConfig;
import dev.sallyport.audit.check.DatabaseCheck;
import dev.sallyport.audit.note.VerifierKey;
import dev.sallyport.audit.verify.AuditVerifier;
import dev.sallyport.audit.verify.Verdict;
import dev.sallyport.cli.stack.StackDescription;
import dev.sallyport.cli.stack.StackException;
import dev.sallyport.cli.stack.TokenClient;
import dev.sallyport.schema.SallyportException;
import dev.sallyport.schema.config.Settings;
import dev.sallyport.schema.secret.Secrets;
import dev.sallyport.service.ServiceKind;
import java.net.URI;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "verify",
        description = {
            "Verify a log, or the proof of one call or entry, from public artefacts alone.",
            "",
            "For the local stack: @|bold sallyport audit verify --tenant acme|@ (the key then comes from the stack's own folder,"
                    + " which proves less than a key that you were given by another way).",
            "Exit code: 0 verified, 1 altered, 2 could not be read or may not be."
        },
        mixinStandardHelpOptions = true)
final class AuditVerifyCommand implements Callable<Integer> {
    private static final int UNREADABLE = 2;

    @Mixin DataOption data = new DataOption();

    @ArgGroup(multiplicity = "1")
    Subject subject = new Subject();

    @Option(
            names = "--vkey",
            paramLabel = "KEY",
            description =
                    "The log's public key, as a C2SP verifier key; needed with --url, --dir and --proof.")
    @Nullable String key;

    @Option(
            names = "--token",
            description = "An access token with the scope audit:read, for --url and --tenant.")
    @Nullable String token;

    @Option(
            names = "--kept",
            paramLabel = "FILE",
            description =
                    "A checkpoint that you kept: the log must continue the one that it describes. For --tenant, --url and --dir.")
    @Nullable Path kept;

    /** What is to be verified. */
    static final class Subject {
        @Option(names = "--tenant", description = "This tenant's log in the local stack.")
        @Nullable String tenant;

        @Option(
                names = "--url",
                description =
                        "The log at this address, such as https://audit.example.com/log/acme.")
        @Nullable URI url;

        @Option(names = "--dir", description = "A static copy of a log.")
        @Nullable Path folder;

        @Option(
                names = "--config",
                paramLabel = "FILE",
                description =
                        "As the operator: all logs in the database of the audit service that is configured in this file, with what is searched and where they came from.")
        @Nullable Path config;

        @Option(
                names = "--proof",
                description = "The proof of one call or one entry, as the audit service gives it.")
        @Nullable Path proof;
    }

    @Override
    public Integer call() {
        try {
            requireFitting();
            return subject.config == null ? published() : database(subject.config);
        } catch (SallyportException failed) {
            System.out.println("could not be read: " + failed.code() + ": " + failed.getMessage());
            return UNREADABLE;
        } catch (RuntimeException failed) {
            // whatever goes wrong in here, it is no sign that anything was altered
            System.out.println("could not be read: " + failed);
            return UNREADABLE;
        }
    }

    /**
     * An option that would have no effect is refused: whoever gave it would believe that it had.
     */
    private void requireFitting() {
        boolean log = subject.tenant != null || subject.url != null;
        if (token != null && !log) {
            throw unfit("--token", "--tenant and --url");
        }
        if (kept != null && !log && subject.folder == null) {
            throw unfit("--kept", "--tenant, --url and --dir");
        }
        if (key != null && subject.config != null) {
            throw unfit("--vkey", "--tenant, --url, --dir and --proof");
        }
    }

    private static StackException unfit(String option, String others) {
        return new StackException(
                "option_unfit", option + " is of use with " + others + " only: leave it out");
    }

    /** All that the database holds, for its operator. */
    private static int database(Path config) {
        var result =
                DatabaseCheck.run(
                        Settings.load(
                                AuditConfig.class,
                                ServiceKind.AUDIT.command(),
                                config,
                                System.getenv()),
                        new Secrets(System.getenv()),
                        InstantSource.system());
        System.out.println(result.isSound() ? "verified:" : "ALTERED:");
        for (var log : result.logs()) {
            System.out.println(
                    "  log "
                            + log.tenant()
                            + ": "
                            + log.entries()
                            + " entries, their search rows and tiles, "
                            + log.heads()
                            + " heads, "
                            + log.checkpoints()
                            + " checkpoints"
                            + (log.findings().isEmpty() ? "" : "; differs:"));
            log.findings().forEach(finding -> System.out.println("    " + finding));
            log.gaps().forEach(gap -> System.out.println("    the log says of itself: " + gap));
        }
        result.findings().forEach(finding -> System.out.println("  " + finding));
        System.out.println("not looked at:");
        DatabaseCheck.NOT_LOOKED_AT.forEach(what -> System.out.println("  " + what));
        return result.isSound() ? 0 : Main.FAILED;
    }

    private int published() {
        return switch (verdict()) {
            case Verdict.Verified(var origin, var tree, var _, var gaps) -> {
                System.out.println(
                        "verified: "
                                + origin
                                + ", "
                                + tree.size()
                                + " entries, root "
                                + tree.root());
                gaps.forEach(gap -> System.out.println("the log says of itself: " + gap));
                System.out.println(
                        "looked at: the published checkpoint, tiles and entries."
                                + " The operator's database is looked at with --config");
                yield 0;
            }
            case Verdict.Proved(var call, var events, var origin, var tree, var _) -> {
                System.out.println(
                        "verified: "
                                + call.map(id -> "these events of call " + id + " are")
                                        .orElse("this entry is")
                                + " among the "
                                + tree.size()
                                + " entries of "
                                + origin);
                events.forEach(event ->
                        System.out.println(
                                "  entry "
                                        + event.index()
                                        + ": "
                                        + event.type()
                                        + " at "
                                        + event.time()));
                yield 0;
            }
            case Verdict.Tampered(var findings) -> {
                System.out.println("ALTERED:");
                findings.forEach(finding -> System.out.println("  " + finding.sentence()));
                yield Main.FAILED;
            }
            case Verdict.Unreadable(var why) -> {
                System.out.println("could not be read: " + why);
                yield UNREADABLE;
            }
        };
    }

    private Verdict verdict() {
        if (subject.tenant != null) {
            return local(subject.tenant);
        }
        String given = key;
        if (given == null) {
            throw new StackException(
                    "key_missing",
                    "name the log's public key with --vkey: whoever could alter the log could also replace a key that is fetched with it");
        }
        AuditVerifier verifier = new AuditVerifier(parse(given));
        if (subject.url != null) {
            return verifier.log(subject.url, Optional.ofNullable(token), Optional.ofNullable(kept));
        }
        if (subject.folder != null) {
            return verifier.log(subject.folder, Optional.ofNullable(kept));
        }
        if (subject.proof != null) {
            return verifier.proof(subject.proof);
        }
        throw new IllegalStateException("picocli asks for one of these");
    }

    private Verdict local(String tenant) {
        StackDescription stack = StackDescription.of(data.folder());
        URI endpoint = stack.tokenEndpoints().get(tenant);
        if (endpoint == null) {
            throw new StackException(
                    "tenant_unknown",
                    "there is no tenant "
                            + tenant
                            + "; there are "
                            + stack.tokenEndpoints().keySet().stream().sorted().toList());
        }
        String reader =
                token != null
                        ? token
                        : TokenClient.fetch(
                                endpoint, "sallyport-cli", "verifier", "audit:read", stack.audit());
        AuditVerifier verifier = new AuditVerifier(parse(key != null ? key : stack.auditKey()));
        return verifier.log(
                stack.audit().resolve("/log/" + tenant),
                Optional.of(reader),
                Optional.ofNullable(kept));
    }

    private static VerifierKey parse(String text) {
        try {
            return VerifierKey.parse(text);
        } catch (IllegalArgumentException e) {
            throw new StackException(
                    "key_malformed",
                    "--vkey must be a C2SP verifier key, such as audit.example.com/log+1a2b3c4d+AV...: "
                            + e.getMessage(),
                    e);
        }
    }
}
