"""The pages that the race's targets serve: what a node exporter exposes, of an exact size.

`python bench/race/pages.py` writes page.txt anew, byte for byte the same: a node exporter's
families, labels and kinds of values, 507 series in 48 kB. Larger pages repeat it under a label.
"""

import random
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

import attrs

RECORDED = Path(__file__).with_name("page.txt")
RECORDED_SERIES = 507

CPUS = ("cpu", tuple(map(str, range(8))))
MODES = ("mode", ("idle", "iowait", "irq", "nice", "softirq", "steal", "system", "user"))
DISKS = ("device", ("dm-0", "nvme0n1", "sda", "sr0"))
NICS = ("device", ("docker0", "eth0", "eth1", "lo", "wlan0"))
MOUNTS = ("mountpoint", ("/", "/boot", "/boot/efi", "/home", "/run", "/var/lib/data"))

Axis = tuple[str, Sequence[str]]


@attrs.frozen
class Family:
    """`names` share help, type and axes; each gets every combination of the axes' values."""

    prefix: str
    names: str
    kind: str = "gauge"
    axes: tuple[Axis, ...] = ()

    def lines(self, rng: random.Random) -> Iterator[str]:
        for name in self.names.split():
            metric = self.prefix + name
            words = metric.replace("_", " ")
            yield f"# HELP {metric} {words.capitalize()}, as the kernel of this host counts them.\n"
            yield f"# TYPE {metric} {self.kind}\n"
            for values in product(*(values for _, values in self.axes)):
                pairs = zip(self.axes, values, strict=True)
                labels = ",".join(f'{axis}="{value}"' for (axis, _), value in pairs)
                yield (
                    f"{metric}{{{labels}}} {_value(rng)}\n"
                    if labels
                    else (f"{metric} {_value(rng)}\n")
                )


COLLECTORS = (
    "arp bcache bonding btrfs conntrack cpu cpufreq diskstats dmi edac entropy fibrechannel filefd "
    "filesystem hwmon infiniband ipvs loadavg mdadm meminfo netclass netdev netstat nfs nfsd nvme "
    "os powersupplyclass pressure rapl schedstat selinux sockstat softnet stat tapestats textfile "
    "thermal_zone time timex udp_queues uname vmstat xfs zfs"
)
FAMILIES = (
    Family("node_cpu_", "seconds_total", "counter", (CPUS, MODES)),
    Family("node_cpu_", "guest_seconds_total", "counter", (CPUS, ("mode", ("nice", "user")))),
    Family(
        "node_disk_",
        "discarded_sectors_total io_now io_time_seconds_total read_bytes_total "
        "read_time_seconds_total reads_completed_total reads_merged_total "
        "write_time_seconds_total writes_completed_total writes_merged_total written_bytes_total",
        "counter",
        (DISKS,),
    ),
    Family(
        "node_filesystem_",
        "avail_bytes device_error files files_free free_bytes readonly size_bytes",
        "gauge",
        (("device", ("/dev/mapper/vg--system-root",)), ("fstype", ("ext4",)), MOUNTS),
    ),
    Family(
        "node_network_",
        "receive_bytes_total receive_compressed_total receive_drop_total receive_errs_total "
        "receive_fifo_total receive_frame_total receive_multicast_total receive_packets_total "
        "transmit_bytes_total transmit_carrier_total transmit_colls_total transmit_drop_total "
        "transmit_errs_total transmit_packets_total",
        "counter",
        (NICS,),
    ),
    Family(
        "node_network_",
        "address_assign_type carrier carrier_changes_total device_id dormant flags iface_id "
        "iface_link mtu_bytes protocol_type transmit_queue_length up",
        "gauge",
        (NICS,),
    ),
    Family(
        "node_sockstat_",
        "FRAG_inuse FRAG_memory RAW_inuse TCP_alloc TCP_inuse TCP_mem TCP_mem_bytes TCP_orphan "
        "TCP_tw UDP_inuse UDP_mem sockets_used",
    ),
    Family(
        "node_memory_",
        "Active_anon_bytes Active_bytes Active_file_bytes AnonHugePages_bytes AnonPages_bytes "
        "Bounce_bytes Buffers_bytes Cached_bytes CommitLimit_bytes Committed_AS_bytes "
        "DirectMap1G_bytes DirectMap2M_bytes Dirty_bytes Inactive_anon_bytes Inactive_bytes "
        "KernelStack_bytes Mapped_bytes MemAvailable_bytes MemFree_bytes MemTotal_bytes "
        "PageTables_bytes SReclaimable_bytes SUnreclaim_bytes Shmem_bytes Slab_bytes "
        "SwapCached_bytes SwapFree_bytes SwapTotal_bytes Unevictable_bytes Writeback_bytes",
    ),
    Family(
        "node_netstat_",
        "Icmp_InErrors Icmp_InMsgs Icmp_OutMsgs Ip_Forwarding TcpExt_ListenDrops "
        "TcpExt_SyncookiesSent Tcp_ActiveOpens Tcp_CurrEstab Tcp_InSegs Tcp_OutSegs "
        "Tcp_PassiveOpens Tcp_RetransSegs Udp_InDatagrams Udp_InErrors Udp_OutDatagrams",
        "untyped",
    ),
    Family(
        "node_softnet_", "dropped_total processed_total times_squeezed_total", "counter", (CPUS,)
    ),
    Family(
        "node_scrape_collector_",
        "duration_seconds success",
        "gauge",
        (("collector", COLLECTORS.split()),),
    ),
    Family("node_schedstat_", "running_seconds_total waiting_seconds_total", "counter", (CPUS,)),
    Family("node_", "boot_time_seconds context_switches_total entropy_available_bits load1 load15"),
    Family("process_", "cpu_seconds_total max_fds open_fds resident_memory_bytes", "gauge"),
    Family("go_", "gc_duration_seconds_count goroutines memstats_alloc_bytes threads", "gauge"),
    Family(
        "node_timex_", "estimated_error_seconds frequency_adjustment_ratio offset_seconds status"
    ),
    Family("node_vmstat_", "oom_kill pgfault pgmajfault pgpgin pgpgout pswpin pswpout", "untyped"),
)


def _value(rng: random.Random) -> str:
    """As Go prints a float: mostly zeros and counts, some fractions, some exponents."""
    choice = rng.random()
    if choice < 0.3:
        return "0"
    if choice < 0.6:
        return str(rng.randrange(1, 100_000))
    if choice < 0.8:
        return f"{rng.uniform(0, 100_000):.8f}"
    return f"{rng.uniform(1, 10):.9f}".rstrip("0") + f"e+{rng.randrange(6, 12):02d}"


def generate() -> str:
    """The recorded page: RECORDED_SERIES series, from a fixed seed."""
    rng = random.Random("promferry race")
    text = "".join(line for family in FAMILIES for line in family.lines(rng))
    count = series_of(text)
    assert count == RECORDED_SERIES, count
    return text


def series_of(page: str) -> int:
    return sum(not line.startswith("#") for line in page.splitlines())


def page_of(series: int) -> str:
    """The recorded page, repeated under a label until it has `series` (a multiple) of them."""
    recorded = RECORDED.read_text()
    copies, rest = divmod(series, RECORDED_SERIES)
    if rest:
        raise ValueError(f"{series} series are no multiple of {RECORDED_SERIES}")
    return "".join(_labelled(recorded, copy) if copy else recorded for copy in range(copies))


def _labelled(page: str, copy: int) -> str:
    return "".join(
        with_label(line, "copy", str(copy))
        for line in page.splitlines(keepends=True)
        if not line.startswith("#")
    )


def with_label(line: str, label: str, text: str) -> str:
    """A sample's line with one label more."""
    name, brace, rest = line.partition("{")
    if brace:
        return f'{name}{{{label}="{text}",{rest}'
    name, _, value = line.partition(" ")
    return f'{name}{{{label}="{text}"}} {value}'


def with_other_values(lines: Sequence[str], seed: int) -> list[str]:
    """The same series; what was 0 stays so, as most zeros do."""
    rng = random.Random(seed)
    return [
        line
        if line.startswith("#") or line.endswith(" 0\n")
        else f"{line.rpartition(' ')[0]} {_value(rng)}\n"
        for line in lines
    ]


if __name__ == "__main__":
    RECORDED.write_text(generate())
