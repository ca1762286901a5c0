package dev.sallyport.cli;

import dev.sallyport.cli.stack.ServiceKind;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "gateway",
        description = "Run the gateway: MCP over HTTP for agents.",
        mixinStandardHelpOptions = true)
final class GatewayCommand implements Callable<Integer> {
    @Mixin ServiceOptions options = new ServiceOptions();

    @Override
    public Integer call() throws Exception {
        return options.run(ServiceKind.GATEWAY);
    }
}
