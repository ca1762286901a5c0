package dev.sallyport.e2e;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import dev.sallyport.schema.registry.Database;

/** The house's walls: who may depend on whom. */
@AnalyzeClasses(packages = "dev.sallyport", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    private static final String SCHEMA = "dev.sallyport.schema..";
    private static final String GATEWAY = "dev.sallyport.gateway..";
    private static final String EXECUTOR = "dev.sallyport.executor..";
    private static final String AUDIT = "dev.sallyport.audit..";
    private static final String MONITOR = "dev.sallyport.monitor..";
    private static final String EMBEDDED = "dev.sallyport.embedded..";
    private static final String SERVICE = "dev.sallyport.service..";
    private static final String CLI = "dev.sallyport.cli..";
    private static final String BENCH = "dev.sallyport.bench..";

    @ArchTest
    static final ArchRule schemaDependsOnNoOtherModule =
            noClasses()
                    .that()
                    .resideInAPackage(SCHEMA)
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(
                            GATEWAY, EXECUTOR, AUDIT, MONITOR, SERVICE, EMBEDDED, CLI, BENCH);

    @ArchTest
    static final ArchRule theGatewayDependsOnSchemaOnly =
            noClasses()
                    .that()
                    .resideInAPackage(GATEWAY)
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(EXECUTOR, AUDIT, MONITOR, SERVICE, EMBEDDED, CLI, BENCH);

    @ArchTest
    static final ArchRule theExecutorDependsOnSchemaOnly =
            noClasses()
                    .that()
                    .resideInAPackage(EXECUTOR)
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(GATEWAY, AUDIT, MONITOR, SERVICE, EMBEDDED, CLI, BENCH);

    @ArchTest
    static final ArchRule theAuditServiceDependsOnSchemaOnly =
            noClasses()
                    .that()
                    .resideInAPackage(AUDIT)
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(GATEWAY, EXECUTOR, MONITOR, EMBEDDED, SERVICE, CLI, BENCH);

    @ArchTest
    static final ArchRule theMonitorDependsOnSchemaOnly =
            noClasses()
                    .that()
                    .resideInAPackage(MONITOR)
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(GATEWAY, EXECUTOR, AUDIT, EMBEDDED, SERVICE, CLI, BENCH);

    @ArchTest
    static final ArchRule theEmbeddedServersKnowNothingOfSallyport =
            noClasses()
                    .that()
                    .resideInAPackage(EMBEDDED)
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(
                            SCHEMA, GATEWAY, EXECUTOR, AUDIT, MONITOR, SERVICE, CLI, BENCH);

    @ArchTest
    static final ArchRule aServiceStartsWithoutTheEmbeddedServers =
            noClasses()
                    .that()
                    .resideInAPackage(SERVICE)
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(EMBEDDED, CLI, BENCH);

    @ArchTest
    static final ArchRule noCirclesInSchema =
            slices().matching("dev.sallyport.schema.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule noCirclesInTheGateway =
            slices().matching("dev.sallyport.gateway.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule noCirclesInTheExecutor =
            slices().matching("dev.sallyport.executor.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule noCirclesInTheAuditService =
            slices().matching("dev.sallyport.audit.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule noCirclesInTheMonitor =
            slices().matching("dev.sallyport.monitor.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule noCirclesInTheCommandLine =
            slices().matching("dev.sallyport.cli.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule onlyMainEndsTheProcess =
            noClasses()
                    .that()
                    .doNotHaveFullyQualifiedName("dev.sallyport.cli.Main")
                    .and()
                    .doNotHaveFullyQualifiedName("dev.sallyport.service.Main")
                    .should()
                    .callMethod(System.class, "exit", int.class);

    @ArchTest
    static final ArchRule onlyTheCommandLineReadsTheEnvironment =
            noClasses()
                    .that()
                    .resideOutsideOfPackage("dev.sallyport.cli")
                    .and()
                    .resideOutsideOfPackage(SERVICE)
                    .and()
                    .resideOutsideOfPackage(BENCH)
                    .should()
                    .callMethod(System.class, "getenv")
                    .orShould()
                    .callMethod(System.class, "getenv", String.class);

    @ArchTest
    static final ArchRule namesSayTheJob =
            noClasses()
                    .should()
                    .haveSimpleNameEndingWith("Util")
                    .orShould()
                    .haveSimpleNameEndingWith("Utils")
                    .orShould()
                    .haveSimpleNameEndingWith("Helper")
                    .orShould()
                    .haveSimpleNameEndingWith("Manager")
                    .orShould()
                    .haveSimpleNameEndingWith("Impl");

    @ArchTest
    static final ArchRule databaseSecretsStayOutOfTheGateway =
            noClasses()
                    .that()
                    .resideInAPackage(GATEWAY)
                    .and()
                    // limits are counted in a database of their own
                    .resideOutsideOfPackage("dev.sallyport.gateway.store..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(
                            "java.sql..", "javax.sql..", "org.postgresql..", "com.zaxxer..");

    @ArchTest
    static final ArchRule theGatewayDoesNotAskForDatabasePasswords =
            noClasses()
                    .that()
                    .resideInAPackage(GATEWAY)
                    .should()
                    .callMethod(Database.class, "password")
                    .orShould()
                    .callMethod(Database.class, "user")
                    .orShould()
                    .callMethod(Database.class, "jdbcUrl")
                    .orShould()
                    .callMethod(Database.class, "sealKey");

    @ArchTest
    static final ArchRule nobodySleeps =
            noClasses()
                    .should()
                    .callMethod(Thread.class, "sleep", long.class)
                    .orShould()
                    .callMethod(Thread.class, "sleep", java.time.Duration.class);
}
