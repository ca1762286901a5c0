package dev.sallyport.gateway.statement;

import static dev.sallyport.gateway.statement.Words.words;

import dev.sallyport.schema.registry.StatementRules;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which functions may be called, by their unqualified name. What is not in the list is refused, so
 * that neither a new PostgreSQL release nor an extension can open a door; for some of what is
 * refused the reason is known.
 */
final class Functions {
    private static final Map<String, Danger> NAMED = named();

    /** Why a function is refused that the database's owner may open by its name all the same. */
    private static final Set<Danger> OPENED_BY_NAME =
            Set.of(Danger.NETWORK, Danger.CATALOGUE, Danger.SETTING);

    /** Functions that change data though they stand in a SELECT. */
    static final Set<String> WRITING = Set.of("nextval", "setval");

    /**
     * Functions, aggregates and call-like expressions of PostgreSQL 18 that only compute from their
     * arguments, the caller's own rows and the structure of the database.
     */
    private static final Set<String> ALLOWED =
            words(
                    """
                    abs acos acosd acosh age any_value area array_agg array_append array_dims array_fill array_length
                    array_lower array_ndims array_position array_positions array_prepend array_remove array_replace
                    array_reverse array_sample array_shuffle array_sort array_to_json array_to_string
                    array_to_tsvector array_upper ascii asin asind asinh atan atan2 atan2d atand atanh avg bernoulli
                    bigint bit bit_and bit_count bit_length bit_or bit_xor bool bool_and bool_or boolean bound_box box
                    bpchar broadcast btrim bytea cardinality casefold cbrt ceil ceiling center char char_length
                    character character_length chr cidr circle clock_timestamp coalesce col_description concat
                    concat_ws convert convert_from convert_to corr cos cosd cosh cot cotd count covar_pop covar_samp
                    crc32 crc32c cume_dist current_database current_schema current_schemas
                    current_user date date_add date_bin date_part date_subtract date_trunc datemultirange daterange
                    dec decimal decode degrees dense_rank diagonal diameter div double encode enum_first enum_last
                    enum_range every exp extract factorial family first_value float float4 float8 floor format
                    format_type gamma gcd gen_random_uuid generate_series generate_subscripts get_bit get_byte
                    get_current_ts_config getdatabaseencoding greatest grouping height host hostmask inet inet_merge
                    inet_same_family initcap int int2 int4 int4multirange int4range int8 int8multirange int8range
                    integer interval is_normalized isclosed isempty isfinite ishorizontal isopen isparallel isperp
                    isvertical json json_agg json_agg_strict json_array json_array_elements json_array_elements_text
                    json_array_length json_arrayagg json_build_array json_build_object json_each json_each_text
                    json_exists json_extract_path json_extract_path_text json_object json_object_agg
                    json_object_agg_strict json_object_agg_unique json_object_agg_unique_strict json_object_keys
                    json_objectagg json_populate_record json_populate_recordset json_query json_scalar json_serialize
                    json_strip_nulls json_table json_to_record json_to_recordset json_to_tsvector json_typeof
                    json_value jsonb jsonb_agg jsonb_agg_strict jsonb_array_elements jsonb_array_elements_text
                    jsonb_array_length jsonb_build_array jsonb_build_object jsonb_each jsonb_each_text
                    jsonb_extract_path jsonb_extract_path_text jsonb_insert jsonb_object jsonb_object_agg
                    jsonb_object_agg_strict jsonb_object_agg_unique jsonb_object_agg_unique_strict jsonb_object_keys
                    jsonb_path_exists jsonb_path_exists_tz jsonb_path_match jsonb_path_match_tz jsonb_path_query
                    jsonb_path_query_array jsonb_path_query_array_tz jsonb_path_query_first jsonb_path_query_first_tz
                    jsonb_path_query_tz jsonb_populate_record jsonb_populate_record_valid jsonb_populate_recordset
                    jsonb_pretty jsonb_set jsonb_set_lax jsonb_strip_nulls jsonb_to_record jsonb_to_recordset
                    jsonb_to_tsvector jsonb_typeof justify_days justify_hours justify_interval lag last_value lcm lead
                    least left length lgamma like line ln log log10 lower lower_inc lower_inf lpad lseg ltrim macaddr
                    macaddr8 macaddr8_set7bit make_date make_interval make_time make_timestamp make_timestamptz
                    masklen max md5 merge_action min min_scale mod mode money multirange name national nchar netmask
                    network nextval normalize notlike now npoints nth_value ntile nullif num_nonnulls num_nulls
                    numeric nummultirange numnode numrange obj_description octet_length oid oidvectortypes overlaps
                    overlay parse_ident path percent_rank percentile_cont percentile_disc pg_basetype
                    pg_char_to_encoding pg_client_encoding pg_collation_for pg_collation_is_visible
                    pg_column_compression pg_column_is_updatable pg_column_size pg_conversion_is_visible
                    pg_encoding_max_length pg_encoding_to_char pg_function_is_visible pg_get_constraintdef pg_get_expr
                    pg_get_function_arg_default pg_get_function_arguments pg_get_function_identity_arguments
                    pg_get_function_result pg_get_indexdef pg_get_keywords
                    pg_get_partition_constraintdef pg_get_partkeydef pg_get_serial_sequence
                    pg_get_statisticsobjdef pg_get_statisticsobjdef_columns pg_get_statisticsobjdef_expressions
                    pg_get_viewdef pg_index_column_has_property pg_index_has_property
                    pg_indexam_has_property pg_lsn pg_opclass_is_visible pg_operator_is_visible pg_opfamily_is_visible
                    pg_options_to_table pg_partition_ancestors pg_partition_root pg_partition_tree
                    pg_relation_is_updatable pg_sequence_parameters pg_size_bytes pg_size_pretty
                    pg_statistics_obj_is_visible pg_table_is_visible pg_timezone_abbrevs pg_timezone_names
                    pg_ts_config_is_visible pg_ts_dict_is_visible pg_ts_parser_is_visible pg_ts_template_is_visible
                    pg_type_is_visible pg_typeof phraseto_tsquery pi plainto_tsquery point polygon position pow power
                    querytree quote_ident quote_literal quote_nullable radians radius random random_normal range_agg
                    range_intersect_agg range_merge rank real regclass regexp_count regexp_instr regexp_like
                    regexp_match regexp_matches regexp_replace regexp_split_to_array regexp_split_to_table
                    regexp_substr regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy
                    regr_syy repeat replace reverse right round row_number row_security_active row_to_json rpad rtrim
                    scale session_user set_bit set_byte set_masklen setweight sha224 sha256 sha384 sha512 sign
                    sin sind sinh slope smallint split_part sqrt statement_timestamp stddev stddev_pop stddev_samp
                    string_agg string_to_array string_to_table strip strpos substr substring sum tan tand tanh
                    text time timeofday timestamp timestamptz timetz timezone to_ascii to_bin to_char to_date to_hex
                    to_json to_jsonb to_number to_oct to_regclass to_regcollation to_regnamespace to_regoper
                    to_regoperator to_regproc to_regprocedure to_regtype to_regtypemod to_timestamp to_tsquery
                    to_tsvector transaction_timestamp translate treat trim trim_array trim_scale trunc ts_debug
                    ts_delete ts_filter ts_headline ts_lexize ts_parse ts_rank ts_rank_cd ts_token_type tsmultirange
                    tsquery_phrase tsrange tstzmultirange tstzrange tsvector_to_array unicode_assigned unicode_version
                    unistr unnest upper upper_inc upper_inf uuid uuid_extract_timestamp uuid_extract_version uuidv4
                    uuidv7 var_pop var_samp varbit varchar variance version websearch_to_tsquery width width_bucket
                    """);

    private static final Set<String> XML =
            words(
                    """
                    xml xmlagg xmlattributes xmlcomment xmlconcat xmlconcat2 xmlelement xmlexists xmlforest xmlnamespaces
                    xmlparse xmlpi xmlroot xmlserialize xmltable xmltext xmlvalidate xml_in xml_recv xml_send xpath
                    xpath_exists xml_is_well_formed
                    xml_is_well_formed_content xml_is_well_formed_document
                    """);

    /** A sampling method that takes rows of the same block together. */
    private static final String BY_BLOCKS = "system";

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

    /**
     * Why this must not be called, if it must not. What is not known to be safe and what the
     * database's rules do not name is refused.
     *
     * @param schema empty where the name stands alone
     */
    static Optional<Danger> danger(String schema, String name, StatementRules rules) {
        boolean core = schema.isEmpty() || schema.equals("pg_catalog");
        if (core && ALLOWED.contains(name)) {
            return Optional.empty();
        }
        if (core && XML.contains(name)) {
            return rules.xml() ? Optional.empty() : Optional.of(Danger.XML);
        }
        if (core && name.equals("setval") && rules.oneTenant()) {
            return Optional.empty();
        }
        if (core && name.equals(BY_BLOCKS)) {
            return rules.oneTenant() ? Optional.empty() : Optional.of(Danger.SYSTEM_COLUMN);
        }
        Danger known = known(schema, name);
        boolean named =
                rules.functions().contains(name) || rules.functions().contains(schema + "." + name);
        if (named && (known == null || OPENED_BY_NAME.contains(known))) {
            return Optional.empty();
        }
        return Optional.of(known == null ? Danger.FUNCTION : known);
    }

    /**
     * Why a name that is written as a column must not be a function, if it must not. Most such
     * names are columns, and a text does not tell which: so only what is known to be dangerous
     * counts.
     *
     * @param ofValue whether it stands behind an expression, {@code (x).f}, where a column is rare
     */
    static Optional<Danger> attributeDanger(String name, boolean ofValue, StatementRules rules) {
        if (ALLOWED.contains(name)) {
            return Optional.empty();
        }
        if (XML.contains(name) || Catalogue.XML_TYPES.contains(name)) {
            // xml itself is a plausible column
            return rules.xml() || (name.equals("xml") && !ofValue)
                    ? Optional.empty()
                    : Optional.of(Danger.XML);
        }
        if (ofValue && !rules.oneTenant() && Catalogue.ACTIVITY_TYPES.contains(name)) {
            return Optional.of(Danger.SERVER_ACTIVITY);
        }
        return rules.functions().contains(name)
                ? Optional.empty()
                : Optional.ofNullable(knownColumn(name));
    }

    /** Columns are called lo_price, http_status and so on: only functions of such names count. */
    private static @Nullable Danger knownColumn(String name) {
        boolean plausible =
                name.startsWith("lo_") || name.startsWith("http_") || name.endsWith("_validator");
        return plausible ? NAMED.get(name) : known("", name);
    }

    private static @Nullable Danger known(String schema, String name) {
        Danger named = NAMED.get(name);
        if (named == null && Catalogue.ROLE_TYPES.contains(name)) {
            // as a function the name of a type is a cast
            named = Danger.CATALOGUE;
        }
        if (named == null) {
            named = SCHEMAS.get(schema);
        }
        return named == null ? byPrefix(name) : named;
    }

    private static @Nullable Danger byPrefix(String name) {
        if (name.startsWith("pg_")) {
            return pgDanger(name);
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
                || name.endsWith("_call_handler")
                || name.endsWith("_validator")) {
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
                "loread lowrite lo_close lo_creat lo_create lo_export lo_from_bytea lo_get lo_import lo_lseek lo_lseek64 lo_manage lo_oid lo_open lo_put lo_tell lo_tell64 lo_truncate lo_truncate64 lo_unlink pg_stat_file pg_logdir_ls pg_current_logfile pg_relation_filepath");
        put(named, Danger.SESSION_STATE, "set_config setseed pg_export_snapshot");
        put(named, Danger.NOTIFICATION, "pg_notify");
        put(
                named,
                Danger.DYNAMIC_SQL,
                "fmgr_c_validator fmgr_internal_validator fmgr_sql_validator plperl_validator plperlu_validator plpgsql_validator plpython3_validator ts_stat ts_rewrite xpath_table connectby query_to_json plpgsql_check_function plv8_run pg_background_launch");
        put(
                named,
                Danger.NETWORK,
                "http http_delete http_get http_head http_header http_list_curlopt http_patch http_post http_put http_reset_curlopt http_set_curlopt");
        put(
                named,
                Danger.CATALOGUE,
                "pg_get_functiondef pg_get_function_sqlbody pg_get_ruledef pg_get_triggerdef regrolein regroleout regrolesend aclitemin aclitemout");
        put(named, Danger.SETTING, "current_setting");
        put(named, Danger.ADMINISTRATION, "setval");
        put(
                named,
                Danger.SERVER_ACTIVITY,
                "has_any_column_privilege has_column_privilege has_database_privilege has_parameter_privilege has_table_privilege aclexplode mxid_age shobj_description to_regrole pg_prepared_statement pg_prepared_xact pg_cursor pg_hba_file_rules pg_ident_file_mappings pg_config");
        put(
                named,
                Danger.SERVER_CONTROL,
                "getpgusername amvalidate txid_current txid_current_if_assigned txid_current_snapshot txid_status currval lastval current_query inet_client_addr inet_client_port inet_server_addr inet_server_port run_command_on_workers run_command_on_shards run_command_on_placements run_command_on_all_nodes oracle_execute oracle_close_connections brin_summarize_new_values brin_summarize_range brin_desummarize_range gin_clean_pending_list currtid2");
        return Map.copyOf(named);
    }

    private static void put(Map<String, Danger> named, Danger danger, String names) {
        words(names).forEach(name -> named.put(name, danger));
    }
}
