package dev.sallyport.gateway;

import dev.sallyport.gateway.dispatch.EventLog;
import dev.sallyport.gateway.protocol.Outcome;
import dev.sallyport.gateway.protocol.ToolResult;
import dev.sallyport.gateway.tool.Call;
import dev.sallyport.schema.event.CallSettled;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.registry.Database;
import dev.sallyport.schema.registry.Keyring;
import dev.sallyport.schema.registry.Registry;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/**
 * Answers show_databases from the registry: the call runs here, so its outcome is told here, before
 * the answer.
 */
final class DatabaseList {

    private final EventLog log;
    private final Keyring keyring;

    DatabaseList(EventLog log, Keyring keyring) {
        this.log = log;
        this.keyring = keyring;
    }

    Outcome answer(Call call, List<Database> databases, Registry registry) {
        byte[] result = json(databases);
        var settled =
                CallSettled.answered(
                        new CallSettled.Asked(
                                call.id(),
                                call.principal(),
                                call.tool().name(),
                                null,
                                StatementClass.READ,
                                List.of(),
                                null),
                        CallSettled.Result.read(
                                databases.size(),
                                result.length,
                                keyring.newest(registry, call.tenant()).digest(result)),
                        log.gateway());
        boolean told =
                log.signals()
                        .tell(EventId.settledOf(call.id()), call.tenant(), call.trace(), settled);
        return told ? ToolResult.data(result, call.id()) : RefusedCalls.unlogged();
    }

    private static byte[] json(List<Database> databases) {
        ObjectNode root = Json.mapper().createObjectNode();
        var array = root.putArray("databases");
        for (Database database : databases) {
            ObjectNode entry = array.addObject().put("name", database.name().value());
            if (database.description() != null) {
                entry.put("description", database.description());
            }
            entry.put("kind", database.kind().wire()).put("readOnly", database.readOnly());
        }
        return Json.mapper().writeValueAsBytes(root);
    }
}
