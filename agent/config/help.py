"""What each key of the configuration means, in one sentence; by section.

For docs/configuration.md and the JSON Schema. Types and defaults come from the classes; a test
holds that every key has its sentence and that no sentence is left over.
"""

from collections.abc import Mapping

from agent.config.general import DEFAULT_INTERVAL_S, DEFAULT_TIMEOUT_S
from scraper.duration import format_duration

COMMON: Mapping[str, str] = {
    "scrape_interval": "How often targets are scraped; "
    f"{format_duration(DEFAULT_INTERVAL_S)} where nothing says.",
    "scrape_timeout": "How long a scrape may take, at most the interval; "
    f"{format_duration(DEFAULT_TIMEOUT_S)} where nothing says.",
    "scrape_protocols": "The formats to ask for, the preferred one first.",
    "scrape_failure_log_file": "A file to write failed scrapes to, as JSON lines.",
    "body_size_limit": "A larger body, uncompressed, fails the scrape; 0 is no limit.",
    "sample_limit": "More samples after relabelling fail the scrape; 0 is no limit.",
    "target_limit": "More targets of a job fail all of its scrapes; 0 is no limit.",
    "label_limit": "More labels of a series fail the scrape; 0 is no limit.",
    "label_name_length_limit": "A longer name of a label fails the scrape; 0 is no limit.",
    "label_value_length_limit": "A longer value of a label fails the scrape; 0 is no limit.",
    "keep_dropped_targets": "How many dropped targets a job keeps for its page; 0 is no limit.",
    "metric_name_validation_scheme": "Which names are valid: `utf8` or `legacy`.",
    "metric_name_escaping_scheme": "How a target is asked to escape names: `allow-utf-8`, "
    "`underscores`, `dots` or `values`.",
    "scrape_native_histograms": "Whether native histograms are taken.",
    "convert_classic_histograms_to_nhcb": "Whether classic histograms become native ones with "
    "custom buckets.",
    "always_scrape_classic_histograms": "Whether a classic histogram is taken beside its native "
    "form.",
    "extra_scrape_metrics": "Whether series about limits and timeouts of each scrape are added.",
    "relabel_configs": "Rules for targets, before they are scraped; those of `global` come first.",
    "metric_relabel_configs": "Rules for series after a scrape; those of `global` come first.",
}

PROXY: Mapping[str, str] = {
    "proxy_url": "A proxy to go through.",
    "no_proxy": "Hosts, domains and networks to reach without the proxy, parted by commas.",
    "proxy_from_environment": "Whether HTTP_PROXY, HTTPS_PROXY and NO_PROXY say the proxy.",
    "proxy_connect_header": "Headers for the proxy's CONNECT, by name.",
}

HTTP: Mapping[str, str] = {
    **PROXY,
    "basic_auth": "User name and password.",
    "authorization": "The Authorization header.",
    "bearer_token": "A bearer token; an older way to write `authorization`.",
    "bearer_token_file": "A file with the bearer token, re-read on change.",
    "oauth2": "Tokens by OAuth2.",
    "tls_config": "How TLS is spoken.",
    "follow_redirects": "Whether redirects are followed.",
    "enable_http2": "Whether HTTP/2 may be used: remotes offer it by TLS, all else is HTTP/1.1.",
    "http_headers": "Further headers, by name.",
}

FETCH: Mapping[str, str] = {
    **HTTP,
    "headers": "Further headers as vmagent writes them: a list of `Name: value`.",
}

_REFRESH = "How often the targets are looked up."

# By the name of the section's class.
HELP: Mapping[str, Mapping[str, str]] = {
    "RootSection": {
        "global": "What holds for all jobs, and the labels of this host.",
        "scrape_configs": "The jobs: what to scrape and how.",
        "scrape_config_files": "Further files with jobs: paths, `*` in the last part, or URLs.",
        "remote_write": "The remotes: where to push.",
        "otlp": "How pushed OpenTelemetry metrics become series.",
        "rule_files": "Prometheus' rules; no effect here.",
        "alerting": "Prometheus' alerts; no effect here.",
        "remote_read": "Where Prometheus reads; no effect here.",
        "storage": "Prometheus' database; no effect here.",
        "tracing": "Prometheus' own traces; no effect here.",
        "runtime": "Settings of Go; no effect here.",
    },
    "GlobalSection": {
        **COMMON,
        "evaluation_interval": "Of rules; no effect here.",
        "rule_query_offset": "Of rules; no effect here.",
        "query_log_file": "Of queries; no effect here.",
        "external_labels": "Labels for every series that has them not; `$NAME` and `${NAME}` are "
        "environment variables, `$$` is a dollar.",
    },
    "ScrapeSection": {
        **COMMON,
        **FETCH,
        "job_name": "The job's name and its `job` label; unique.",
        "metrics_path": "The path to scrape.",
        "scheme": "`http` or `https`.",
        "params": "Parameters of the URL, each a list of values.",
        "honor_labels": "Whether a label of a series wins over the target's label of that name.",
        "honor_timestamps": "Whether timestamps that a target exposes are used.",
        "track_timestamps_staleness": "Whether series with timestamps of their own get staleness "
        "markers.",
        "enable_compression": "Whether compressed bodies are asked for.",
        "fallback_scrape_protocol": "The format of bodies whose Content-Type says none.",
        "native_histogram_bucket_limit": "A native histogram with more buckets is made coarser.",
        "native_histogram_min_bucket_factor": "The least growth from bucket to bucket; finer "
        "native histograms are made coarser.",
        "disable_compression": "The opposite of `enable_compression`, as vmagent writes it.",
        "disable_keepalive": "Whether each scrape opens a new connection.",
        "max_scrape_size": "The largest body of a scrape, uncompressed; "
        "`-promscrape.maxScrapeSize` where it is missing.",
        "lenient_parse": "Whether bad lines are skipped and counted instead of failing the scrape; "
        "`-promscrape.lenientParse` where it is missing.",
        "start_timestamps": "Whether `_created` lines become start timestamps instead of series, "
        "and protobuf is asked for first; `-promscrape.startTimestamps` where it is missing.",
        "normalize_le_quantile": "Whether `le` and `quantile` are rewritten as Prometheus 3 does.",
        "instance_default_port": "Whether `instance` of an address without a port is `host:80` or "
        "`host:443`; `-promscrape.instanceDefaultPort` where it is missing.",
        "no_stale_markers": "Whether staleness markers are left out; "
        "`-promscrape.noStaleMarkers` where it is missing.",
        "scrape_align_interval": "Scrapes happen at multiples of this time.",
        "scrape_offset": "Scrapes happen this long after each multiple of the interval.",
        "series_limit": "The most different series of a target in 24 hours; 0 is no limit.",
        "stream_parse": "Accepted; bodies are always parsed in bounded steps.",
        "static_configs": "Targets that stand here.",
        "file_sd_configs": "Targets from files that others write.",
        "http_sd_configs": "Targets from an HTTP endpoint.",
    },
    "StaticSection": {
        "targets": "Addresses: `host:port`, or URLs.",
        "labels": "Labels of these targets.",
    },
    "FileSection": {
        "files": "Paths of JSON or YAML files, `*` in the last part.",
        "refresh_interval": "How often the files are read anew beside the watch for changes.",
    },
    "HttpDiscoverySection": {
        **FETCH,
        "url": "Where the list of targets is.",
        "refresh_interval": _REFRESH,
    },
    "BasicAuth": {
        "username": "The user's name.",
        "username_file": "A file with the user's name.",
        "password": "The password.",
        "password_file": "A file with the password, re-read on change.",
    },
    "Authorization": {
        "type": "What stands before the credentials.",
        "credentials": "The credentials.",
        "credentials_file": "A file with the credentials, re-read on change.",
    },
    "OAuth2Section": {
        **PROXY,
        "client_id": "The client's id.",
        "client_secret": "The client's secret.",
        "client_secret_file": "A file with the client's secret.",
        "token_url": "Where tokens are asked for.",
        "scopes": "The scopes of the token.",
        "endpoint_params": "Further parameters of the request for a token.",
        "tls_config": "How TLS is spoken with the token's host.",
        "grant_type": "`client_credentials` or `urn:ietf:params:oauth:grant-type:jwt-bearer`.",
        "client_certificate_key": "The key that signs the JWT, as PEM.",
        "client_certificate_key_file": "A file with that key.",
        "client_certificate_key_id": "The key's id in the JWT.",
        "signature_algorithm": "`RS256`, `RS384` or `RS512`.",
        "iss": "The JWT's issuer; the client's id where it is missing.",
        "audience": "The JWT's audience; the token's URL where it is missing.",
        "claims": "Further claims of the JWT.",
    },
    "TlsSettings": {
        "ca": "The CA certificates to verify by, as PEM.",
        "ca_file": "A file with them, re-read on change.",
        "cert": "The client's certificate, as PEM.",
        "cert_file": "A file with it, re-read on change.",
        "key": "The client's key, as PEM.",
        "key_file": "A file with it, re-read on change.",
        "server_name": "The name that the server's certificate must bear.",
        "insecure_skip_verify": "Whether any certificate is accepted.",
        "min_version": "The oldest TLS to speak: `TLS10` to `TLS13`.",
        "max_version": "The newest TLS to speak.",
    },
    "HeaderValues": {
        "values": "Values of the header.",
        "secrets": "Values that are never shown.",
        "files": "Files with values.",
    },
    "SigV4": {
        "region": "The AWS region.",
        "access_key": "The access key's id.",
        "secret_key": "The secret access key.",
        "profile": "The profile of AWS' shared files.",
        "role_arn": "The role to assume.",
        "external_id": "The external id with which the role is assumed.",
        "use_fips_sts_endpoint": "Whether STS is asked at its FIPS address.",
        "service": "The service to sign for; a key of promferry.",
        "sts_endpoint": "Where STS answers; a key of promferry.",
    },
    "AzureAdSection": {
        "cloud": "`AzurePublic`, `AzureChina` or `AzureGovernment`.",
        "managed_identity": "The machine's own identity.",
        "workload_identity": "A token of Kubernetes.",
        "oauth": "A client's id and secret.",
        "sdk": "What the environment says, as Azure's libraries find it.",
        "certificate": "A client's certificate.",
        "scope": "The scope of the token; that of the cloud's metrics where it is missing.",
    },
    "ManagedIdentity": {"client_id": "The identity; the system's own where it is missing."},
    "WorkloadIdentitySection": {
        "client_id": "The client's id.",
        "tenant_id": "The tenant's id.",
        "token_file_path": "Where Kubernetes puts the token.",
    },
    "AzureOAuth": {
        "client_id": "The client's id.",
        "client_secret": "The client's secret.",
        "tenant_id": "The tenant's id.",
    },
    "AzureSdk": {"tenant_id": "The tenant's id."},
    "AzureCertificateSection": {
        "client_id": "The client's id.",
        "tenant_id": "The tenant's id.",
        "certificate_path": "The certificate, PEM or PKCS 12.",
        "certificate_key_path": "Its key, where it is not in the same file.",
        "certificate_password": "The password of the file.",
        "send_certificate_chain": "Whether the whole chain is sent.",
    },
    "GoogleIam": {"credentials_file": "A file with the credentials of an account."},
    "RuleSection": {
        "action": "What the rule does; Prometheus' actions and vmagent's.",
        "source_labels": "The labels whose values are joined and compared.",
        "separator": "What they are joined by; `;` where it is missing.",
        "target_label": "The label to set.",
        "regex": "An RE2 expression for the whole text, or a list of alternatives; `(.*)` where it "
        "is missing.",
        "modulus": "For `hashmod`.",
        "replacement": "The new value, with `$1` for groups; `$1` where it is missing.",
        "if": "A series selector, or a list of them: the rule is for these series only.",
        "match": "For `graphite`: the pattern of the metric's name.",
        "labels": "For `graphite`: the labels to set.",
    },
    "RemoteSection": {
        **HTTP,
        "url": "Where to push; user and password in it become `basic_auth`.",
        "name": "The remote's name in logs, metrics and as its queue's directory; unique.",
        "remote_timeout": "How long one request may take in all.",
        "protobuf_message": "`prometheus.WriteRequest` (remote write 1.0) or "
        "`io.prometheus.write.v2.Request` (2.0).",
        "headers": "Further headers, by name.",
        "write_relabel_configs": "Rules for what is pushed to this remote.",
        "send_exemplars": "Whether exemplars are pushed beside samples.",
        "send_native_histograms": "Whether native histograms are pushed.",
        "round_robin_dns": "Whether the addresses of the host are used in turn.",
        "failed_request_logging": "Accepted; refused requests are always logged.",
        "sigv4": "Requests are signed for Amazon; `{}` takes everything from its usual places.",
        "azuread": "Tokens of Azure.",
        "tls_handshake_timeout": "How long TLS may take; 0 is no limit; a key of promferry.",
        "google_iam": "Tokens of Google; `{}` takes the application default credentials.",
        "queue_config": "How much is sent at a time, and how it is retried.",
        "metadata_config": "Whether and how often metadata is pushed by 1.0; in 2.0 it is beside "
        "every sample.",
        "label": "Labels to add to everything that is pushed.",
        "answers": "What statuses mean where this remote means something else than others, as in "
        "`{403: refuse, 422: retry}`: `retry`, `hold`, `split` or `refuse`.",
        "queues": "Requests in flight at a time, each for its own part of the targets.",
        "max_block_size": "The largest request, before compression.",
        "max_disk_usage_per_url": "The most that the queue may take on disk; the oldest goes "
        "first; 0 is no bound.",
        "min_free_disk_space": "How much of the disk stays free, in percent.",
        "spill_after": "What is not delivered after so long is written to disk; 0 writes all.",
        "disable_on_disk_queue": "Whether the queue is kept in memory only.",
        "fresh_first": "After an outage send new data at once and the backlog beside it.",
        "inmemory_queues": "vmagent's name: above 0 it is `fresh_first`.",
        "rate_limit": "The most bytes per second, compressed; 0 is no limit.",
        "data_budget": "The most to send in a calendar day or month: `2GiB/month`, `50MB/day`.",
        "backlog_window": "When a backlog may be sent: `01:00-05:00`, local time.",
        "obfuscate_labels": "Labels whose values are replaced by their hash (SHA-256).",
        "max_request_size": "The largest request after compression; 0 is no bound.",
        "probe_vm_proto": "Whether the remote is asked for VictoriaMetrics' encoding (zstd).",
        "force_vm_proto": "Whether VictoriaMetrics' encoding is pushed without asking.",
        "force_prom_proto": "Whether the remote is never asked for VictoriaMetrics' encoding.",
        "significant_figures": "Round values to so many significant figures; 0 keeps all.",
        "round_digits": "Round values to so many digits after the point; 100 keeps all.",
    },
    "QueueSection": {
        "capacity": "Accepted, no effect: the queue is on disk.",
        "max_shards": "At most so many requests in flight; `queues` says exactly how many.",
        "min_shards": "At least so many requests in flight, 64 at most; see `queues`.",
        "max_samples_per_send": "The most samples in one request.",
        "batch_send_deadline": "How long samples are gathered before they are sent.",
        "min_backoff": "How long to wait before the first retry.",
        "max_backoff": "The longest wait between retries.",
        "retry_on_http_429": "Accepted, no effect: 429 is always retried.",
        "sample_age_limit": "Older samples are dropped instead of sent; 0 sends all.",
    },
    "MetadataSection": {
        "send": "Whether metadata is pushed.",
        "send_interval": "How often.",
        "max_samples_per_send": "The most of it in one request.",
    },
    "OtlpSection": {
        "promote_all_resource_attributes": "Whether all resource attributes become labels.",
        "promote_resource_attributes": "The resource attributes that become labels.",
        "ignore_resource_attributes": "Those that do not, where all others do.",
        "translation_strategy": "How names are translated: `UnderscoreEscapingWithSuffixes`, "
        "`UnderscoreEscapingWithoutSuffixes`, `NoUTF8EscapingWithSuffixes` or `NoTranslation`.",
        "keep_identifying_resource_attributes": "Whether `target_info` keeps what `job` and "
        "`instance` were made of.",
        "convert_histograms_to_nhcb": "Whether explicit histograms become native ones.",
        "promote_scope_metadata": "Whether the scope's name and version become labels.",
        "label_name_underscore_sanitization": "Whether labels that begin with an underscore get "
        "`key` before it.",
        "label_name_preserve_multiple_underscores": "Whether underscores in a row are kept.",
    },
}
