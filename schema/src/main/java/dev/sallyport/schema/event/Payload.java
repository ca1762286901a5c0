package dev.sallyport.schema.event;

/**
 * What an event says; its envelope is {@link Event}. Each kind has a JSON Schema file beside it.
 */
public sealed interface Payload
        permits CallAuthorized,
                CallWithdrawn,
                CallSettled,
                CallRefused,
                AuthenticationFailed,
                ApprovalRequested,
                ApprovalGranted,
                ApprovalDenied,
                RegistryChanged,
                PrincipalSuspended,
                PrincipalReinstated,
                AlertRaised,
                AuditRead,
                ExportMade,
                KeyErased,
                GapFound {}
