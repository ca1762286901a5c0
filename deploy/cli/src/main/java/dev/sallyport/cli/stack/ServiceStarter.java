package dev.sallyport.cli.stack;

import dev.sallyport.service.ServiceKind;
import java.nio.file.Path;

/** Starts a service from its configuration file and returns when it is ready. */
interface ServiceStarter {
    RunningService start(ServiceKind kind, Path config);
}
