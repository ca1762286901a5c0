package dev.sallyport.gateway.statement;

import static dev.sallyport.gateway.statement.Words.words;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Which relations of the catalogue can be read, and which of their columns: those that show the
 * structure of the database. Activity, sizes, statistics, roles and settings of others are none of
 * it.
 */
final class Catalogue {
    private static final Set<String> PG =
            words(
                    """
                    pg_aggregate pg_am pg_attrdef pg_attribute pg_cast pg_class pg_collation pg_constraint pg_depend
                    pg_description pg_enum pg_extension pg_index pg_indexes pg_inherits pg_language pg_matviews pg_namespace
                    pg_opclass pg_operator pg_opfamily pg_partitioned_table pg_proc pg_range pg_rewrite pg_sequence
                    pg_tables pg_timezone_abbrevs pg_timezone_names pg_trigger pg_ts_config pg_type pg_views
                    """);

    private static final Set<String> INFORMATION_SCHEMA =
            words(
                    """
                    attributes character_sets check_constraint_routine_usage check_constraints collations column_column_usage
                    column_domain_usage column_udt_usage columns constraint_column_usage constraint_table_usage
                    domain_constraints domain_udt_usage domains element_types information_schema_catalog_name
                    key_column_usage parameters referential_constraints routine_column_usage routine_routine_usage
                    routine_sequence_usage routine_table_usage routines schemata sequences sql_features table_constraints
                    tables triggered_update_columns triggers view_column_usage view_routine_usage view_table_usage views
                    """);

    /** Columns that show more than structure, in whichever of these relations. */
    private static final Set<String> HIDDEN =
            words(
                    """
                    relowner relfilenode relpages reltuples relallvisible relallfrozen relfrozenxid relminmxid relacl
                    attstattarget attacl attfdwoptions attmissingval nspowner nspacl typowner typacl proowner proconfig
                    proacl prosrc probin prosqlbody tgargs ev_action ev_qual routine_definition action_statement collowner extowner extconfig extcondition oprowner lanowner lanacl opcowner opfowner cfgowner
                    sequenceowner last_value tableowner viewowner matviewowner schema_owner
                    """);

    private static final Set<String> WITH_HIDDEN =
            words(
                    """
                    pg_attribute pg_class pg_collation pg_extension pg_language pg_matviews pg_namespace pg_opclass
                    pg_operator pg_opfamily pg_proc pg_rewrite pg_sequences pg_tables pg_trigger pg_ts_config pg_type
                    pg_views routines schemata triggers
                    """);

    /** The other columns of these relations: behind a dot nothing else is one. */
    private static final Set<String> SHOWN =
            words(
                    """
                    action_condition action_order action_orientation action_reference_new_row action_reference_new_table
                    action_reference_old_row action_reference_old_table action_timing as_locator attalign attbyval
                    attcacheoff attcollation attcompression attgenerated atthasdef atthasmissing attidentity attinhcount
                    attisdropped attislocal attlen attname attndims attnotnull attnum attoptions attrelid attstorage
                    atttypid atttypmod cache_size catalog_name cfgname cfgnamespace cfgparser character_maximum_length
                    character_octet_length character_set_catalog character_set_name character_set_schema
                    collation_catalog collation_name collation_schema collcollate collctype collencoding colliculocale
                    collicurules collisdeterministic colllocale collname collnamespace collprovider collversion created
                    cycle data_type datetime_precision default_character_set_catalog default_character_set_name
                    default_character_set_schema definition dtd_identifier ev_class ev_enabled ev_type
                    event_manipulation event_object_catalog event_object_schema event_object_table external_language
                    external_name extname extnamespace extrelocatable extversion hasindexes hasrules hastriggers
                    increment_by interval_precision interval_type is_deterministic is_implicitly_invocable is_instead
                    is_null_call is_udt_dependent is_user_defined_cast ispopulated laninline lanispl lanname
                    lanplcallfoid lanpltrusted lanvalidator last_altered matviewname max_dynamic_result_sets max_value
                    maximum_cardinality min_value module_catalog module_name module_schema new_savepoint_level nspname
                    numeric_precision numeric_precision_radix numeric_scale oid opcdefault opcfamily opcintype
                    opckeytype opcmethod opcname opcnamespace opfmethod opfname opfnamespace oprcanhash oprcanmerge
                    oprcode oprcom oprjoin oprkind oprleft oprname oprnamespace oprnegate oprrest oprresult oprright
                    parameter_style proallargtypes proargdefaults proargmodes proargnames proargtypes procost
                    proisstrict prokind prolang proleakproof proname pronamespace pronargdefaults pronargs proparallel
                    proretset prorettype prorows prosecdef prosupport protrftypes provariadic provolatile relam
                    relchecks relforcerowsecurity relhasindex relhasrules relhassubclass relhastriggers relispartition
                    relispopulated relisshared relkind relname relnamespace relnatts reloftype reloptions relpartbound
                    relpersistence relreplident relrewrite relrowsecurity reltablespace reltoastrelid reltype
                    result_cast_as_locator result_cast_char_max_length result_cast_char_octet_length
                    result_cast_char_set_catalog result_cast_char_set_name result_cast_char_set_schema
                    result_cast_collation_catalog result_cast_collation_name result_cast_collation_schema
                    result_cast_datetime_precision result_cast_dtd_identifier result_cast_from_data_type
                    result_cast_interval_precision result_cast_interval_type result_cast_maximum_cardinality
                    result_cast_numeric_precision result_cast_numeric_precision_radix result_cast_numeric_scale
                    result_cast_scope_catalog result_cast_scope_name result_cast_scope_schema
                    result_cast_type_udt_catalog result_cast_type_udt_name result_cast_type_udt_schema routine_body
                    routine_catalog routine_name routine_schema routine_type rowsecurity rulename schema_level_routine
                    schema_name schemaname scope_catalog scope_name scope_schema security_type sequencename
                    specific_catalog specific_name specific_schema sql_data_access sql_path start_value tablename
                    tableoid tablespace tgattr tgconstraint tgconstrindid tgconstrrelid tgdeferrable tgenabled tgfoid
                    tginitdeferred tgisinternal tgname tgnargs tgnewtable tgoldtable tgparentid tgqual tgrelid tgtype
                    to_sql_specific_catalog to_sql_specific_name to_sql_specific_schema trigger_catalog trigger_name
                    trigger_schema typalign typanalyze typarray typbasetype typbyval typcategory typcollation typdefault
                    typdefaultbin typdelim type_udt_catalog type_udt_name type_udt_schema typelem typinput typisdefined
                    typispreferred typlen typmodin typmodout typname typnamespace typndims typnotnull typoutput
                    typreceive typrelid typsend typstorage typsubscript typtype typtypmod udt_catalog udt_name
                    udt_schema viewname
                    """);

    /** Names that no call may use, wherever they stand: other sessions, roles, files, secrets. */
    private static final Set<String> REFUSED =
            words(
                    """
                    pg_aios pg_auth_members pg_authid pg_backend_memory_contexts pg_config pg_cursors pg_database
                    pg_db_role_setting pg_default_acl pg_file_settings pg_foreign_data_wrapper pg_foreign_server
                    pg_foreign_table pg_group pg_hba_file_rules pg_ident_file_mappings pg_init_privs pg_largeobject
                    pg_largeobject_metadata pg_locks pg_parameter_acl pg_prepared_statements pg_prepared_xacts
                    pg_replication_origin pg_replication_origin_status pg_replication_slots pg_roles pg_seclabel
                    pg_seclabels pg_shadow pg_shdepend pg_shdescription pg_shmem_allocations pg_shmem_allocations_numa
                    pg_shseclabel pg_statistic pg_statistic_ext pg_statistic_ext_data pg_stats pg_stats_ext
                    pg_stats_ext_exprs pg_subscription pg_subscription_rel pg_tablespace pg_user pg_user_mapping
                    pg_user_mappings pg_wait_events pg_buffercache
                    """);

    /** Types whose text form names roles, or other databases. */
    static final Set<String> ROLE_TYPES =
            words("regrole _regrole aclitem _aclitem regdatabase _regdatabase");

    /** A type whose age tells how many transactions the server has seen. */
    static final Set<String> ACTIVITY_TYPES = Set.of("xid", "_xid");

    /** Settings that may be shown: how values are read and written, and what holds for the call. */
    private static final Set<String> SETTINGS =
            words(
                    """
                    application_name array_nulls backslash_quote block_size bytea_output client_encoding datestyle
                    default_table_access_method default_text_search_config default_transaction_isolation
                    default_transaction_read_only escape_string_warning extra_float_digits
                    idle_in_transaction_session_timeout in_hot_standby integer_datetimes intervalstyle is_superuser
                    lc_collate lc_ctype lc_messages lc_monetary lc_numeric lc_time lock_timeout max_function_args
                    max_identifier_length max_index_keys quote_all_identifiers role row_security search_path server_encoding
                    server_version server_version_num session_authorization standard_conforming_strings statement_timeout
                    timezone timezone_abbreviations transaction_deferrable transaction_isolation transaction_read_only
                    transaction_timeout work_mem xmlbinary xmloption
                    """);

    private static final Set<String> SETTINGS_OF_SHOW =
            Set.of("time zone", "transaction isolation level", "session authorization");

    static final Set<String> XML_TYPES = Set.of("xml", "_xml");

    /** Schemas of the server and of extensions that nothing is read from. */
    private static final Set<String> SCHEMAS =
            Set.of("pg_toast", "cron", "net", "dblink", "aws_s3", "aws_lambda", "pgagent");

    private Catalogue() {}

    /** Whether a setting of this name may be shown, in whichever case. */
    static boolean shows(String setting) {
        String folded = setting.toLowerCase(Locale.ROOT);
        return SETTINGS.contains(folded) || SETTINGS_OF_SHOW.contains(folded);
    }

    /** Whether this relation has columns that must not be read. */
    static boolean hides(List<String> parts) {
        String last = parts.getLast();
        boolean here =
                parts.size() == 1
                        ? last.startsWith("pg_")
                        : schema(parts).equals("pg_catalog")
                                || schema(parts).equals("information_schema");
        return here && WITH_HIDDEN.contains(last);
    }

    /** Whether a column of this name must not be read of a relation that hides some. */
    static boolean hidden(String column) {
        return HIDDEN.contains(column);
    }

    /** Whether a relation that hides some columns has one of this name. */
    static boolean column(String name) {
        return SHOWN.contains(name) || HIDDEN.contains(name);
    }

    /** Whether a name of the server stands for something that no call may read. */
    static boolean refusedAnywhere(String name) {
        return name.startsWith("pg_stat_")
                || name.startsWith("pg_statio_")
                || REFUSED.contains(name);
    }

    /** Why this relation must not be read, if it must not. */
    static Optional<Danger> danger(List<String> parts, Set<String> allowed) {
        String last = parts.getLast();
        String schema = schema(parts);
        boolean named = allowed.contains(last) || allowed.contains(schema + "." + last);
        if (schema.equals("information_schema")) {
            return INFORMATION_SCHEMA.contains(last)
                    ? Optional.empty()
                    : Optional.of(Danger.CATALOGUE);
        }
        boolean server =
                schema.equals("pg_catalog") || (schema.isEmpty() && last.startsWith("pg_"));
        if (server) {
            boolean core = refusedAnywhere(last);
            return PG.contains(last) || (named && !core)
                    ? Optional.empty()
                    : Optional.of(core ? Danger.SERVER_ACTIVITY : Danger.CATALOGUE);
        }
        boolean foreign =
                SCHEMAS.contains(schema)
                        || schema.startsWith("pg_toast")
                        || schema.startsWith("pg_temp");
        return foreign && !named ? Optional.of(Danger.CATALOGUE) : Optional.empty();
    }

    private static String schema(List<String> parts) {
        return parts.size() > 1 ? parts.get(parts.size() - 2) : "";
    }
}
