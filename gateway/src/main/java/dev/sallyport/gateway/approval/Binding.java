package dev.sallyport.gateway.approval;

import dev.sallyport.schema.event.Instruction;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.seal.DataKey;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * What an approval is for, to the letter. The text and its values are kept as digests under a key
 * of the tenant, in which the approval's id is: who reads the store cannot try texts against them,
 * nor tell that two are the same.
 *
 * @param dataKey the id of the tenant's key that the digests were made with
 * @param statement digest of the text
 * @param params digest of the values, as JSON in the order in which they came
 */
public record Binding(
        String tool, DatabaseName database, String dataKey, String statement, String params) {

    private static final String PURPOSE = "sallyport approval v1";

    /** Binds the approval to this statement. */
    public static Binding of(
            UUID approval,
            String tool,
            DatabaseName database,
            Instruction.Statement statement,
            DataKey key) {
        return new Binding(
                tool,
                database,
                key.id(),
                digest(
                        key,
                        approval,
                        "statement",
                        statement.sql().getBytes(StandardCharsets.UTF_8)),
                digest(
                        key,
                        approval,
                        "params",
                        Json.mapper().writeValueAsBytes(statement.params())));
    }

    /**
     * What is another in the other one, in the words of arguments; nothing where it is the same.
     */
    public List<String> differences(Binding other) {
        List<String> differences = new ArrayList<>();
        add(differences, "tool", tool.equals(other.tool));
        add(differences, "database", database.equals(other.database));
        add(differences, "sql", statement.equals(other.statement));
        add(differences, "params", params.equals(other.params));
        return differences;
    }

    private static void add(List<String> differences, String what, boolean same) {
        if (!same) {
            differences.add(what);
        }
    }

    private static String digest(DataKey key, UUID approval, String what, byte[] bytes) {
        ByteArrayOutputStream all = new ByteArrayOutputStream(bytes.length + 100);
        all.writeBytes(
                (PURPOSE + "/" + what + "/" + approval + "\n").getBytes(StandardCharsets.UTF_8));
        all.writeBytes(bytes);
        return key.digest(all.toByteArray());
    }
}
