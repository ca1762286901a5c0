package dev.sallyport.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A real PostgreSQL server as a child process: listening on 127.0.0.1 only, passwords by
 * SCRAM-SHA-256, the superuser's password random and kept in the data folder for this user's eyes
 * only.
 */
public final class EmbeddedPostgres implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedPostgres.class);

    private static final String LOOPBACK = "127.0.0.1";
    private static final String SUPERUSER = "postgres";
    private static final Pattern DATABASE_NAME = Pattern.compile("[a-z_][a-z0-9_]{0,62}");
    private static final int PASSWORD_BYTES = 24;
    private static final String DUPLICATE_DATABASE = "42P04";

    private final FolderLock lock;
    private final Path logFolder;
    private final PostgresIdentity identity;

    private final PostgresBinaries binaries;
    private final Map<String, String> settings;
    private final String password;
    private final int port;
    private @Nullable Postmaster postmaster;
    private boolean closed;

    private EmbeddedPostgres(
            FolderLock lock,
            Path logFolder,
            PostgresIdentity identity,
            Map<String, String> settings) {
        this.lock = lock;
        this.logFolder = logFolder;
        this.identity = identity;
        this.settings = new TreeMap<>(settings);
        this.binaries = PostgresBinaries.unpackedIn(identity.programsFolder());
        this.password = password(lock.folder().resolve("superuser.password"));
        this.port = new RememberedPorts(lock.folder()).port("postgres");
    }

    /**
     * Starts a server whose data lie in this folder, and returns when it takes connections.
     *
     * @throws EmbeddedException when the folder is in use, or the server does not start
     */
    public static EmbeddedPostgres start(Path dataFolder) {
        return start(dataFolder, Map.of());
    }

    /**
     * Starts a server with settings of its own.
     *
     * @param settings names and values as in postgresql.conf, added to this class's or replacing
     *     them
     * @throws EmbeddedException when the folder is in use, or the server does not start
     */
    public static EmbeddedPostgres start(Path dataFolder, Map<String, String> settings) {
        return start(
                dataFolder, dataFolder.resolve("logs"), settings, PostgresIdentity.ofThisProcess());
    }

    static EmbeddedPostgres startLoggingTo(Path logFolder, Path dataFolder) {
        return start(dataFolder, logFolder, Map.of(), PostgresIdentity.ofThisProcess());
    }

    static EmbeddedPostgres start(
            Path dataFolder,
            Path logFolder,
            Map<String, String> settings,
            PostgresIdentity identity) {
        FolderLock lock = FolderLock.take(dataFolder);
        try {
            EmbeddedPostgres postgres = new EmbeddedPostgres(lock, logFolder, identity, settings);
            postgres.startAgain();
            return postgres;
        } catch (RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    /** The address to connect to. */
    public String host() {
        return LOOPBACK;
    }

    /** The port to connect to; the same through {@link #stop} and {@link #startAgain}. */
    public int port() {
        return port;
    }

    /** The name of the one user that a new server has. */
    public String superuser() {
        return SUPERUSER;
    }

    /** The superuser's password. */
    public String superuserPassword() {
        return password;
    }

    /** The JDBC address of a database of this server, without user and password. */
    public String jdbcUrl(String database) {
        return "jdbc:postgresql://%s:%d/%s".formatted(LOOPBACK, port, checked(database));
    }

    /** A new connection as the superuser; the caller closes it. */
    public Connection connect(String database) throws SQLException {
        return DriverManager.getConnection(jdbcUrl(database), SUPERUSER, password);
    }

    /** Creates a database; does nothing when it is there. */
    public void createDatabase(String name) {
        try (Connection connection = connect("postgres");
                Statement statement = connection.createStatement()) {
            statement.execute("create database \"" + checked(name) + "\"");
        } catch (SQLException e) {
            if (!DUPLICATE_DATABASE.equals(e.getSQLState())) {
                throw new EmbeddedException(
                        EmbeddedException.Code.BAD_VALUE,
                        "cannot create the database %s: %s".formatted(name, e),
                        e);
            }
        }
    }

    /** Whether the server runs. */
    public synchronized boolean isRunning() {
        return postmaster != null && postmaster.isAlive();
    }

    /** Stops the server and keeps its folder and port for {@link #startAgain}. */
    public synchronized void stop() {
        Postmaster running = postmaster;
        if (running != null) {
            postmaster = null;
            running.stop();
        }
    }

    /** Starts the stopped server on the same port and folder; does nothing when it runs. */
    public synchronized void startAgain() {
        if (closed) {
            throw new EmbeddedException(
                    EmbeddedException.Code.STOPPED,
                    "this server is closed: call EmbeddedPostgres.start for a new one");
        }
        if (isRunning()) {
            return;
        }
        Path cluster = lock.folder().resolve("cluster");
        Postmaster.clearLeftovers(cluster);
        File log = logFile();
        if (!Files.exists(cluster)) {
            initialise(cluster, log);
        }
        if (!RememberedPorts.isFree(port)) {
            throw new EmbeddedException(
                    EmbeddedException.Code.PORT_TAKEN,
                    "port %d on %s is in use by another program, and the server must keep its port"
                            .formatted(port, LOOPBACK));
        }
        postmaster =
                Postmaster.start(
                        identity.commandBoundToThread(serverCommand(cluster)), cluster, log);
        LOG.atInfo().addKeyValue("port", port).log("postgres ready");
    }

    /** Stops the server and gives the folder back. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            stop();
        } finally {
            lock.close();
        }
    }

    private List<String> serverCommand(Path cluster) {
        Map<String, String> all = new TreeMap<>(SETTINGS);
        all.put("listen_addresses", LOOPBACK);
        all.put("port", String.valueOf(port));
        all.putAll(settings);
        List<String> command =
                new ArrayList<>(
                        List.of(binaries.program("postgres").toString(), "-D", cluster.toString()));
        all.forEach((name, value) -> command.addAll(List.of("-c", name + "=" + value)));
        return command;
    }

    private static final Map<String, String> SETTINGS =
            Map.of(
                    // A socket's path has at most 107 bytes, and a data folder may be deeper than
                    // that.
                    "unix_socket_directories", "",
                    "max_connections", "200",
                    "timezone", "UTC",
                    "log_timezone", "UTC",
                    // Statements and the messages of errors carry literals, and details carry rows:
                    // none belongs in a log file. Level log is above error.
                    "log_min_error_statement", "panic",
                    "log_min_messages", "log",
                    "log_error_verbosity", "terse",
                    "log_parameter_max_length_on_error", "0");

    // Made beside its place and moved there whole: a kill in the middle leaves nothing to trip
    // over.
    private void initialise(Path cluster, File log) {
        Path work = lock.folder().resolve("cluster.new");
        Path passwordFile = lock.folder().resolve("superuser.password");
        try {
            PostgresBinaries.deleteTree(work);
            Files.createDirectory(
                    work,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwx------")));
            identity.give(work);
            List<String> initdb =
                    List.of(
                            binaries.program("initdb").toString(),
                            "--pgdata=" + work,
                            "--username=" + SUPERUSER,
                            "--auth=scram-sha-256",
                            "--pwfile=" + passwordFile,
                            "--encoding=UTF8",
                            "--locale-provider=builtin",
                            "--builtin-locale=C.UTF-8",
                            "--locale=C",
                            "--no-sync",
                            "--no-instructions");
            Process process =
                    Forking.start(
                            new ProcessBuilder(identity.command(initdb))
                                    .directory(new File("/"))
                                    .redirectErrorStream(true)
                                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log)));
            if (process.waitFor() != 0) {
                throw new EmbeddedException(
                        EmbeddedException.Code.NOT_READY,
                        "initdb ended with status %d; its log %s ends with:%n%s"
                                .formatted(process.exitValue(), log, Postmaster.lastLines(log)));
            }
            Files.move(work, cluster, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new EmbeddedException(
                    EmbeddedException.Code.FOLDER_UNUSABLE,
                    "cannot set up PostgreSQL in %s: %s".formatted(lock.folder(), e),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EmbeddedException(
                    EmbeddedException.Code.NOT_READY, "interrupted while setting up PostgreSQL", e);
        }
    }

    private File logFile() {
        Path file = logFolder.resolve("postgres.log");
        try {
            Files.createDirectories(file.getParent());
        } catch (IOException e) {
            throw new EmbeddedException(
                    EmbeddedException.Code.FOLDER_UNUSABLE,
                    "cannot create %s: %s".formatted(file.getParent(), e),
                    e);
        }
        return file.toFile();
    }

    private String password(Path file) {
        try {
            if (!Files.exists(file)) {
                byte[] random = new byte[PASSWORD_BYTES];
                new SecureRandom().nextBytes(random);
                String text = Base64.getUrlEncoder().withoutPadding().encodeToString(random);
                Path next = file.resolveSibling(file.getFileName() + ".next");
                Files.deleteIfExists(next);
                Files.createFile(
                        next,
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rw-------")));
                Files.writeString(next, text + "\n", UTF_8, StandardOpenOption.WRITE);
                Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
            }
            return Files.readString(file, UTF_8).strip();
        } catch (IOException e) {
            throw new EmbeddedException(
                    EmbeddedException.Code.FOLDER_UNUSABLE,
                    "cannot read or write %s: %s".formatted(file, e),
                    e);
        }
    }

    private static String checked(String database) {
        if (!DATABASE_NAME.matcher(database).matches()) {
            throw new EmbeddedException(
                    EmbeddedException.Code.BAD_VALUE,
                    "a database's name is 1 to 63 of a-z, 0-9 and _, not starting with a digit: "
                            + database);
        }
        return database;
    }
}
