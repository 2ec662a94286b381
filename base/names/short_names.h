/* The short names that the sources of this project use for what the public headers declare.
 *
 * What:    public headers declare decon_buf_append(), DECON_LOG_INFO and decon_err only. Within the
 *          build (DECON_SHORT_NAMES) include/decon/base/api.h includes this list first, so that
 *          they declare buf_append(), LOG_INFO and err. The libraries' symbols are renamed back
 *          with this same list (tools/library.sh). Macros of the public headers get their short
 *          name in the reverse direction. Not installed.
 * Owner:   nothing. Threads: any. Fails: never. `make check-headers` reports a missing row.
 */
#ifndef BASE_NAMES_SHORT_NAMES_H
#define BASE_NAMES_SHORT_NAMES_H

#define DECON_ERR_CODE(name) ERR_##name /* the codes of err.def */

/* include/decon/base/buf.h */
#define decon_budget            budget
#define decon_buf               buf
#define decon_slice             slice
#define decon_budget_give       budget_give
#define decon_budget_take       budget_take
#define decon_buf_append        buf_append
#define decon_buf_append_char   buf_append_char
#define decon_buf_append_slice  buf_append_slice
#define decon_buf_append_str    buf_append_str
#define decon_buf_clear         buf_clear
#define decon_buf_consume       buf_consume
#define decon_buf_deinit        buf_deinit
#define decon_buf_give          buf_give
#define decon_buf_init          buf_init
#define decon_buf_printf        buf_printf
#define decon_buf_slice         buf_slice
#define decon_buf_str           buf_str
#define decon_num_parse_u64     num_parse_u64
#define decon_slice_dup         slice_dup
#define decon_slice_ends_with   slice_ends_with
#define decon_slice_equal       slice_equal
#define decon_slice_equal_str   slice_equal_str
#define decon_slice_from        slice_from
#define decon_slice_starts_with slice_starts_with
#define decon_slice_trim        slice_trim
#define decon_str_ends_with     str_ends_with
#define decon_str_equal         str_equal
#define decon_str_starts_with   str_starts_with
#define decon_url_clean         url_clean
#define decon_url_shown         url_shown
#define BUF                     DECON_BUF
#define SLICE_LIT               DECON_SLICE_LIT

/* include/decon/base/digest.h */
#define decon_digest_ctx         digest_ctx
#define decon_base64_decode      base64_decode
#define decon_base64_encode      base64_encode
#define decon_crc32_ieee         crc32_ieee
#define decon_crc32_ieee_combine crc32_ieee_combine
#define decon_crc32c             crc32c
#define decon_crc32c_combine     crc32c_combine
#define decon_crc64nvme          crc64nvme
#define decon_crc64nvme_combine  crc64nvme_combine
#define decon_digest_deinit      digest_deinit
#define decon_digest_final       digest_final
#define decon_digest_md5_init    digest_md5_init
#define decon_digest_sha1_init   digest_sha1_init
#define decon_digest_sha256_init digest_sha256_init
#define decon_digest_update      digest_update
#define decon_hex_encode         hex_encode
#define decon_hmac_sha256        hmac_sha256
#define decon_md5                md5
#define decon_sha1               sha1
#define decon_sha256             sha256
#define MD5_BYTES                DECON_MD5_BYTES
#define SHA1_BYTES               DECON_SHA1_BYTES
#define SHA256_BYTES             DECON_SHA256_BYTES

/* include/decon/base/err.h */
#define decon_err             err
#define decon_err_class       err_class
#define decon_err_code        err_code
#define DECON_ERR_CLASS_ITEM  ERR_CLASS_ITEM
#define DECON_ERR_CLASS_NONE  ERR_CLASS_NONE
#define DECON_ERR_CLASS_RETRY ERR_CLASS_RETRY
#define DECON_ERR_CLASS_RUN   ERR_CLASS_RUN
#define decon_err_code_class  err_code_class
#define decon_err_code_name   err_code_name
#define decon_err_code_words  err_code_words
#define decon_err_append      err_append
#define decon_err_cause       err_cause
#define decon_err_context     err_context
#define decon_err_names       err_names
#define decon_err_subject     err_subject
#define decon_err_exit_status err_exit_status
#define decon_err_is_set      err_is_set
#define decon_err_set_at      err_set_at
#define ERR_INIT              DECON_ERR_INIT
#define err_set               decon_err_set
#define err_set_errno         decon_err_set_errno

/* include/decon/base/log.h */
#define decon_log_level       log_level
#define decon_log_options     log_options
#define DECON_LOG_DEBUG       LOG_DEBUG
#define DECON_LOG_ERROR       LOG_ERROR
#define LOG_EXIT_WAIT_MS      DECON_LOG_EXIT_WAIT_MS
#define DECON_LOG_INFO        LOG_INFO
#define DECON_LOG_WARN        LOG_WARN
#define decon_log_columns     log_columns
#define decon_log_enabled     log_enabled
#define decon_log_event       log_event
#define decon_log_fields      log_fields
#define decon_log_flush       log_flush
#define decon_log_is_terminal log_is_terminal
#define decon_log_line        log_line
#define decon_log_plain       log_plain
#define decon_log_raw         log_raw
#define decon_log_secret_add  log_secret_add
#define decon_log_settle      log_settle
#define decon_log_setup       log_setup
#define decon_log_status      log_status
#define log_debug             decon_log_debug
#define log_error             decon_log_error
#define log_info              decon_log_info
#define log_warn              decon_log_warn

/* include/decon/base/loop.h */
#define decon_loop               loop
#define decon_loop_options       loop_options
#define decon_loop_attach_pool   loop_attach_pool
#define decon_loop_free          loop_free
#define decon_loop_new           loop_new
#define decon_loop_run           loop_run
#define decon_loop_stop          loop_stop
#define decon_loop_transport     loop_transport
#define decon_loop_wake          loop_wake
#define decon_loop_watch_signals loop_watch_signals

/* include/decon/base/pool.h */
#define decon_pool              pool
#define decon_pool_task         pool_task
#define decon_pool_collect      pool_collect
#define decon_pool_free         pool_free
#define decon_pool_new          pool_new
#define decon_pool_set_wake     pool_set_wake
#define decon_pool_submit       pool_submit
#define decon_pool_notify       pool_notify
#define decon_pool_thread_count pool_thread_count

/* include/decon/base/process.h */
#define decon_process         process
#define decon_process_request process_request
#define decon_process_result  process_result

/* include/decon/base/transport.h */
#define decon_http_call         http_call
#define decon_http_header       http_header
#define decon_http_reply        http_reply
#define decon_http_request      http_request
#define decon_http_result       http_result
#define decon_timer             timer
#define decon_transport         transport
#define decon_transport_ops     transport_ops
#define decon_clock_now_ms      clock_now_ms
#define decon_clock_wall_s      clock_wall_s
#define decon_http_cancel       http_cancel
#define decon_http_reply_header http_reply_header
#define decon_http_send         http_send
#define decon_process_cancel    process_cancel
#define decon_process_start     process_start
#define decon_timer_start       timer_start
#define decon_timer_stop        timer_stop
#define decon_transport_random  transport_random

/* include/decon/compression/codec.h */
#define decon_codec_block              codec_block
#define decon_codec_format             codec_format
#define decon_codec_gzip_decoder       codec_gzip_decoder
#define decon_codec_info               codec_info
#define decon_codec_options            codec_options
#define decon_codec_stats              codec_stats
#define decon_stage                    stage
#define decon_stage_ops                stage_ops
#define DECON_CODEC_BZIP2              CODEC_BZIP2
#define DECON_CODEC_CHECK_CRC32        CODEC_CHECK_CRC32
#define DECON_CODEC_CHECK_CRC64        CODEC_CHECK_CRC64
#define DECON_CODEC_CHECK_NONE         CODEC_CHECK_NONE
#define DECON_CODEC_CHECK_SHA256       CODEC_CHECK_SHA256
#define DECON_CODEC_CHECK_XXH64        CODEC_CHECK_XXH64
#define DECON_CODEC_FORMAT_COUNT       CODEC_FORMAT_COUNT
#define DECON_CODEC_GZIP               CODEC_GZIP
#define DECON_CODEC_GZIP_AUTO          CODEC_GZIP_AUTO
#define DECON_CODEC_GZIP_NATIVE        CODEC_GZIP_NATIVE
#define DECON_CODEC_GZIP_ZLIB          CODEC_GZIP_ZLIB
#define DECON_CODEC_PLAIN              CODEC_PLAIN
#define DECON_CODEC_XZ                 CODEC_XZ
#define DECON_CODEC_ZSTD               CODEC_ZSTD
#define decon_codec_by_magic           codec_by_magic
#define decon_codec_by_suffix          codec_by_suffix
#define decon_codec_check_names        codec_check_names
#define decon_codec_decode_fd_with     codec_decode_fd_with
#define decon_codec_decode_file        codec_decode_file
#define decon_codec_decode_file_with   codec_decode_file_with
#define decon_codec_decoder_memory     codec_decoder_memory
#define decon_codec_decoder_new        codec_decoder_new
#define decon_codec_decoder_open       codec_decoder_open
#define decon_codec_decoder_stats      codec_decoder_stats
#define decon_codec_encoder_memory     codec_encoder_memory
#define decon_codec_encoder_new        codec_encoder_new
#define decon_codec_encoder_open       codec_encoder_open
#define decon_codec_get                codec_get
#define decon_codec_gzip_decoder_check codec_gzip_decoder_check
#define decon_codec_name_suffix        codec_name_suffix
#define decon_codec_recode_fd_with     codec_recode_fd_with
#define decon_codec_recode_file        codec_recode_file
#define decon_codec_recode_file_with   codec_recode_file_with
#define decon_codec_recode_memory      codec_recode_memory
#define decon_stage_callback_new       stage_callback_new
#define decon_stage_fd_writer_new      stage_fd_writer_new
#define decon_stage_feed               stage_feed
#define decon_stage_feed_file          stage_feed_file
#define decon_stage_finish             stage_finish
#define decon_stage_free               stage_free
#define decon_stage_lines_new          stage_lines_new
#define CODEC_CHECK_NAMES_BYTES        DECON_CODEC_CHECK_NAMES_BYTES
#define CODEC_MAGIC_BYTES              DECON_CODEC_MAGIC_BYTES
#define CODEC_MEMORY_BYTES             DECON_CODEC_MEMORY_BYTES

/* include/decon/compression/jsonl.h */
#define decon_jsonl            jsonl
#define decon_jsonl_counts     jsonl_counts
#define decon_jsonl_options    jsonl_options
#define decon_jsonl_counts_get jsonl_counts_get
#define decon_jsonl_feed       jsonl_feed
#define decon_jsonl_finish     jsonl_finish
#define decon_jsonl_free       jsonl_free
#define decon_jsonl_new        jsonl_new
#define JSONL_DEPTH            DECON_JSONL_DEPTH
#define JSONL_DEPTH_MAX        DECON_JSONL_DEPTH_MAX
#define JSONL_LINE_BYTES       DECON_JSONL_LINE_BYTES
#define JSONL_SERVER_DEPTH     DECON_JSONL_SERVER_DEPTH

/* include/decon/compression/verify.h */
#define decon_verdict              verdict
#define decon_verify               verify
#define decon_verify_level         verify_level
#define decon_verify_options       verify_options
#define DECON_VERIFY_JSONL         VERIFY_JSONL
#define DECON_VERIFY_NONE          VERIFY_NONE
#define DECON_VERIFY_STREAM        VERIFY_STREAM
#define decon_verify_feed          verify_feed
#define decon_verify_finish        verify_finish
#define decon_verify_free          verify_free
#define decon_verify_memory_needed verify_memory_needed
#define decon_verify_new           verify_new

/* include/decon/compression/linehash.h */
#define decon_linehash        linehash
#define decon_linehash_key    linehash_key
#define decon_linehash_sink   linehash_sink
#define decon_linehash_feed   linehash_feed
#define decon_linehash_finish linehash_finish
#define decon_linehash_free   linehash_free
#define decon_linehash_new    linehash_new
#define LINEHASH_BATCH        DECON_LINEHASH_BATCH

/* include/decon/base/log.h */

/* include/decon/s3/objects.h */
#define decon_op op

#endif
