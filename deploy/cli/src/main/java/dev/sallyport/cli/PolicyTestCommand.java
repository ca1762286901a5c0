package dev.sallyport.cli;

import dev.sallyport.cli.PolicyOptions.Policy;
import dev.sallyport.cli.policy.PolicyCase;
import dev.sallyport.cli.policy.PolicyCase.Expected;
import dev.sallyport.gateway.Trial;
import dev.sallyport.gateway.gate.Decision;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.registry.Tenant;
import dev.sallyport.schema.token.Caller;
import java.io.PrintWriter;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "test",
        description = {
            "Decide calls as gateways do, and compare with what is expected.",
            "A case says who calls, what, and what is expected: allowed, held or refused. Rates, budgets and"
                    + " cooldowns count nothing here.",
            "Ends with 0 where all is as expected, and with "
                    + Main.DIFFERS
                    + " where something is not."
        },
        mixinStandardHelpOptions = true)
final class PolicyTestCommand implements Callable<Integer> {
    private static final URI NO_ISSUER = URI.create("urn:sallyport:policy-test");

    @Mixin PolicyOptions policy = new PolicyOptions();

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec command;

    @Parameters(
            arity = "1..*",
            paramLabel = "CASES",
            description = "YAML files of cases, folders of them, or - for the standard input.")
    List<String> cases = List.of();

    @Override
    public Integer call() {
        List<PolicyCase> expected = PolicyCase.read(cases, System.in);
        Policy tried = policy.read("sallyport-policy-test");
        Registry registry = Registry.of(0, tried.entries());
        Trial trial = Trial.standard();
        PrintWriter out = command.commandLine().getOut();
        Instant now = Instant.now();
        int different = 0;
        for (PolicyCase one : expected) {
            Expected decided = decided(one, registry, trial, now);
            if (!one.expect().isMetBy(decided)) {
                different++;
                out.printf(
                        "%s: %s: expected %s, but is %s%n",
                        one.place(), one.name(), one.expect(), decided);
            }
        }
        out.printf("%d cases, %d differ%n", expected.size(), different);
        out.flush();
        return different == 0 ? 0 : Main.DIFFERS;
    }

    private static Expected decided(PolicyCase one, Registry registry, Trial trial, Instant now) {
        Decision decision =
                trial.decide(
                        registry,
                        new Trial.Asked(
                                caller(one.who(), registry),
                                one.who().address() == null ? "" : one.who().address(),
                                one.call().at() == null ? now : one.call().at(),
                                one.call().readOnly(),
                                one.call().tool(),
                                one.call().arguments()));
        return PolicyVerdict.of(decision, one.who().subject(), one.call().rows());
    }

    private static Caller caller(PolicyCase.Who who, Registry registry) {
        URI issuer =
                registry.tenant(who.tenant())
                        .map(Tenant::issuers)
                        .filter(issuers -> !issuers.isEmpty())
                        .map(issuers -> issuers.getFirst().uri())
                        .orElse(NO_ISSUER);
        return new Caller(
                who.tenant(),
                who.subject(),
                who.client() == null ? who.subject() : who.client(),
                who.scopes(),
                issuer,
                Instant.MAX);
    }
}
