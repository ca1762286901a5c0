package dev.sallyport.gateway.dispatch;

import dev.sallyport.gateway.gate.Decision.Allowed;
import dev.sallyport.gateway.statement.Statement;
import dev.sallyport.schema.event.Principal;
import dev.sallyport.schema.event.TraceContext;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.TenantId;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * An allowed call on its way into the log.
 *
 * @param statement absent for a tool that takes no SQL
 * @param arguments the tool's arguments as validated; they are sealed before they leave the process
 * @param registryVersion the registry that the gate decided by
 */
public record Command(
        CallId call,
        TenantId tenant,
        Principal principal,
        String tool,
        Allowed allowed,
        @Nullable Statement statement,
        ObjectNode arguments,
        long registryVersion,
        @Nullable TraceContext trace) {}
