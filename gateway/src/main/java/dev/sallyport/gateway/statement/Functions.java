package dev.sallyport.gateway.statement;

import static dev.sallyport.gateway.statement.Words.words;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which functions are dangerous, by their unqualified name. Names that start with {@code pg_} are
 * refused unless known to be harmless, so that a new PostgreSQL release cannot open a door.
 */
final class Functions {
    private static final Map<String, Danger> NAMED = named();

    /** Functions that change data though they stand in a SELECT. */
    static final Set<String> WRITING = Set.of("nextval", "setval");

    private static final Set<String> HARMLESS_PG =
            words(
                    """
                    pg_backend_pid pg_basetype pg_char_to_encoding pg_client_encoding pg_collation_for
                    pg_collation_is_visible pg_column_compression pg_column_is_updatable pg_column_size
                    pg_conf_load_time pg_conversion_is_visible pg_current_snapshot pg_current_xact_id
                    pg_current_xact_id_if_assigned pg_database_size pg_describe_object pg_encoding_max_length
                    pg_encoding_to_char pg_function_is_visible pg_get_constraintdef pg_get_expr
                    pg_get_function_arg_default pg_get_function_arguments pg_get_function_identity_arguments
                    pg_get_function_result pg_get_functiondef pg_get_indexdef pg_get_keywords pg_get_partition_constraintdef
                    pg_get_partkeydef pg_get_ruledef pg_get_serial_sequence pg_get_statisticsobjdef pg_get_triggerdef
                    pg_get_userbyid pg_get_viewdef pg_has_role pg_identify_object pg_index_column_has_property
                    pg_index_has_property pg_indexam_has_property pg_indexes_size pg_input_error_info pg_input_is_valid
                    pg_is_in_recovery pg_is_other_temp_schema pg_jit_available pg_lsn pg_my_temp_schema
                    pg_opclass_is_visible pg_operator_is_visible pg_opfamily_is_visible pg_options_to_table
                    pg_partition_ancestors pg_partition_root pg_partition_tree pg_postmaster_start_time pg_relation_size
                    pg_relation_is_updatable pg_sequence_last_value pg_sequence_parameters pg_size_bytes pg_size_pretty
                    pg_snapshot_xip pg_snapshot_xmax pg_snapshot_xmin pg_statistics_obj_is_visible pg_table_is_visible
                    pg_table_size pg_tablespace_size pg_timezone_abbrevs pg_timezone_names pg_total_relation_size
                    pg_trigger_depth pg_ts_config_is_visible pg_ts_dict_is_visible pg_ts_parser_is_visible
                    pg_ts_template_is_visible pg_type_is_visible pg_typeof pg_visible_in_snapshot pg_xact_status
                    """);

    /** Relations that show other sessions' statements, or secrets and files of the server. */
    static final Set<String> SERVER_RELATIONS =
            words(
                    """
                    pg_stat_activity pg_stat_statements pg_stat_statements_info pg_stat_replication pg_stat_wal_receiver
                    pg_stat_subscription pg_stat_ssl pg_stat_gssapi pg_authid pg_shadow pg_statistic
                    pg_statistic_ext_data pg_file_settings pg_hba_file_rules pg_ident_file_mappings pg_config
                    pg_largeobject pg_largeobject_metadata pg_user_mapping pg_user_mappings pg_subscription
                    pg_prepared_xacts pg_prepared_statements pg_replication_slots pg_replication_origin_status
                    pg_backend_memory_contexts pg_shmem_allocations pg_cursors
                    """);

    /** Schemas of extensions whose functions reach the network, run SQL from text or plan jobs. */
    private static final Map<String, Danger> SCHEMAS =
            Map.of(
                    "cron", Danger.DYNAMIC_SQL,
                    "dblink", Danger.DYNAMIC_SQL,
                    "net", Danger.NETWORK,
                    "aws_s3", Danger.NETWORK,
                    "aws_lambda", Danger.NETWORK,
                    "azure_storage", Danger.NETWORK,
                    "azure_ai", Danger.NETWORK,
                    "google_ml", Danger.NETWORK);

    private Functions() {}

    /** The danger of a call, if it has one. An empty schema means that the name stands alone. */
    static Optional<Danger> danger(String schema, String name) {
        Danger named = NAMED.get(name);
        if (named == null) {
            named = SCHEMAS.get(schema);
        }
        if (named == null) {
            named = byPrefix(name);
        }
        return Optional.ofNullable(named);
    }

    private static @org.jspecify.annotations.Nullable Danger byPrefix(String name) {
        if (name.startsWith("pg_")) {
            return HARMLESS_PG.contains(name) ? null : pgDanger(name);
        }
        if (name.startsWith("lo_")) {
            return Danger.FILE_ACCESS;
        }
        if (name.startsWith("dblink")
                || name.startsWith("query_to_")
                || name.startsWith("crosstab")) {
            return Danger.DYNAMIC_SQL;
        }
        if (name.startsWith("table_to_xml")
                || name.startsWith("cursor_to_")
                || name.startsWith("schema_to_xml")) {
            return Danger.DYNAMIC_SQL;
        }
        if (name.startsWith("database_to_")
                || name.endsWith("_inline_handler")
                || name.endsWith("_call_handler")) {
            return Danger.DYNAMIC_SQL;
        }
        if (name.startsWith("postgres_fdw_") || name.startsWith("http_")) {
            return Danger.NETWORK;
        }
        return name.startsWith("binary_upgrade_") ? Danger.SERVER_CONTROL : null;
    }

    private static Danger pgDanger(String name) {
        if (name.startsWith("pg_sleep")) {
            return Danger.SLEEP;
        }
        if (name.startsWith("pg_advisory_") || name.startsWith("pg_try_advisory_")) {
            return Danger.LOCK;
        }
        if (name.startsWith("pg_read_")
                || name.startsWith("pg_ls_")
                || name.startsWith("pg_file_")) {
            return Danger.FILE_ACCESS;
        }
        if (name.startsWith("pg_stat_get_")
                || name.startsWith("pg_stat_statements")
                || name.startsWith("pg_show_all_")) {
            return Danger.SERVER_ACTIVITY;
        }
        return Danger.SERVER_CONTROL;
    }

    private static Map<String, Danger> named() {
        var named = new HashMap<String, Danger>();
        put(
                named,
                Danger.FILE_ACCESS,
                "loread lowrite pg_stat_file pg_logdir_ls pg_current_logfile pg_relation_filepath");
        put(named, Danger.SESSION_STATE, "set_config setseed pg_export_snapshot");
        put(named, Danger.NOTIFICATION, "pg_notify");
        put(
                named,
                Danger.DYNAMIC_SQL,
                "ts_stat ts_rewrite xpath_table connectby query_to_json plpgsql_check_function plv8_run pg_background_launch");
        put(named, Danger.NETWORK, "http");
        put(
                named,
                Danger.SERVER_ACTIVITY,
                "pg_prepared_statement pg_prepared_xact pg_cursor pg_hba_file_rules pg_ident_file_mappings pg_config");
        put(
                named,
                Danger.SERVER_CONTROL,
                "brin_summarize_new_values brin_summarize_range brin_desummarize_range gin_clean_pending_list currtid2");
        return Map.copyOf(named);
    }

    private static void put(Map<String, Danger> named, Danger danger, String names) {
        words(names).forEach(name -> named.put(name, danger));
    }
}
