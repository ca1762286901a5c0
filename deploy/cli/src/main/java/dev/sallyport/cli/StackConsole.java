package dev.sallyport.cli;

import dev.sallyport.cli.stack.LocalStack;
import dev.sallyport.cli.stack.StackDescription;
import dev.sallyport.embedded.EmbeddedStack;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;

/** What the commands that start a stack print. */
final class StackConsole implements LocalStack.Progress {
    private final PrintStream out;

    StackConsole(PrintStream out) {
        this.out = out;
    }

    @Override
    public void starting(EmbeddedStack.Part part) {}

    @Override
    public void ready(EmbeddedStack.Part part, Duration took, String address) {
        line(part.text(), took, address);
    }

    @Override
    public void done(String what, Duration took) {
        line(what, took, "");
    }

    private void line(String what, Duration took, String address) {
        out.println(
                String.format(
                                "  %-11s ready after %5.1f s  %s",
                                what, took.toMillis() / 1000.0, address)
                        .stripTrailing());
    }

    void directions(StackDescription stack, Path folder, boolean defaultFolder) {
        String data = defaultFolder ? "" : " --data " + folder;
        out.println();
        out.println("Sallyport is up. State and logs: " + folder);
        out.println();
        out.println("  MCP endpoint   " + stack.mcp());
        out.println("  Audit trail    " + stack.audit() + "/console");
        out.println("  OpenSearch     " + stack.openSearch() + "/calls/_search?pretty");
        out.println();
        out.println(
                "  A token        TOKEN=$(./sallyport token"
                        + data
                        + " --tenant acme --scope \"mcp:read mcp:write\")");
        out.println(
                "  MCP inspector  npx -y @modelcontextprotocol/inspector@2.12.0 --cli "
                        + stack.mcp()
                        + " --transport http \\");
        out.println(
                "                   --header \"Authorization: Bearer $TOKEN\" --method tools/list");
        out.println(
                "  For auditors   ./sallyport token"
                        + data
                        + " --tenant acme --scope audit:read --for audit");
        out.println(
                "  Approvals      ./sallyport approvals list"
                        + data
                        + " --tenant acme --subject APPROVER");
        out.println("  Verify a log   ./sallyport audit verify" + data + " --tenant acme");
        out.println();
        out.println("Ctrl-C stops everything.");
    }
}
