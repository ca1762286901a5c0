package dev.sallyport.cli;

import dev.sallyport.cli.stack.StackDescription;
import dev.sallyport.cli.stack.StackException;
import dev.sallyport.cli.stack.TokenClient;
import java.net.URI;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "token",
        description =
                "Print an access token of the embedded OAuth server. It proves nothing about you: the embedded server asks for no password.",
        mixinStandardHelpOptions = true)
final class TokenCommand implements Callable<Integer> {
    enum Audience {
        GATEWAY,
        AUDIT
    }

    @Mixin DataOption data = new DataOption();

    @Option(names = "--tenant", required = true, description = "acme or globex.")
    String tenant = "";

    @Option(
            names = "--scope",
            defaultValue = "mcp:read",
            description = "Scopes, with spaces between them (default: ${DEFAULT-VALUE}).")
    String scope = "";

    @Option(
            names = "--subject",
            defaultValue = "developer",
            description = "Whom the token stands for (default: ${DEFAULT-VALUE}).")
    String subject = "";

    @Option(
            names = "--client",
            defaultValue = "sallyport-cli",
            description = "The OAuth client (default: ${DEFAULT-VALUE}).")
    String client = "";

    @Option(
            names = "--for",
            defaultValue = "gateway",
            description = "What the token is for: gateway or audit (default: ${DEFAULT-VALUE}).")
    Audience audience = Audience.GATEWAY;

    @Override
    public Integer call() {
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
        URI resource = audience == Audience.GATEWAY ? stack.mcp() : stack.audit();
        System.out.println(TokenClient.fetch(endpoint, client, subject, scope, resource));
        return 0;
    }
}
