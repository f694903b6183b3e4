"""Writes results as a Markdown table and one SVG of bars per workload."""
import statistics
import sys
from html import escape

# In ms; below it the call itself is the time, and a limit says nothing.
SMALLEST_LIMIT = 1e-3


def shown(ms):
    return f"{ms:.5f}" if ms < 0.01 else f"{ms:.3f}" if ms < 10 else f"{ms:.1f}"


def figure(row):
    return ("~" if row["marked"] else "") + shown(row["ms"])


def ratio(row, lathe):
    """The peer's time over Lathe's: the median over the rounds, in which they ran side by side."""
    pairs = zip(row["rounds"], lathe["rounds"])
    return statistics.median(r["median_ms"] / own["median_ms"] for r, own in pairs)


def finished(entry):
    return sorted((r for r in entry["rows"] if "ms" in r), key=lambda r: r["ms"])


def table(name, entry):
    rows = finished(entry)
    lathe = next((r for r in entry["rows"] if r["peer"] == "lathe-jit" and "ms" in r), None)
    limit = entry["limit_ms"]
    bound = f" Limit: {shown(limit)} ms ({entry['limit']})." if limit > SMALLEST_LIMIT else ""
    lines = [
        f"## {name}", "", f"{entry['summary']}.{bound}", "",
        f"![{name}]({name}.svg)", "",
        "| | ms | × limit | time / lathe-jit | best call, ms | first call, ms | error | version |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        times = f"{row['ms'] / limit:.2f}" if limit > SMALLEST_LIMIT else ""
        against = f"{ratio(row, lathe):.2f}" if lathe else ""
        version = ", ".join(filter(None, (row.get("version"), row.get("note"))))
        lines.append(
            f"| {row['peer']} | {figure(row)} | {times} | {against} | {shown(row['min_ms'])} "
            f"| {row.get('first_call_ms', '')} | {row['error_found']:.0e} | {version} |")
    failed = [r for r in entry["rows"] if "failed" in r]
    lines += [""] + [f"- {row['peer']}: {row['failed']}" for row in failed]
    return lines + [""] if failed else lines


def bars(name, entry):
    """Horizontal bars, the limit as a dashed line."""
    rows, left, width, step = finished(entry), 90, 420, 24
    scale = width / max([r["ms"] for r in rows] + [entry["limit_ms"]])
    height = step * len(rows) + 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 90}" height="{height}" '
        'font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="#fff"/>',
        f'<text x="8" y="16" font-weight="bold">{escape(name)}, ms per call</text>',
    ]
    for index, row in enumerate(rows):
        top, length = 26 + step * index, max(1.0, row["ms"] * scale)
        color = "#d9541e" if row["peer"].startswith("lathe") else "#8a94a6"
        parts += [
            f'<text x="{left - 6}" y="{top + 13}" text-anchor="end">{escape(row["peer"])}</text>',
            f'<rect x="{left}" y="{top}" width="{length:.1f}" height="18" fill="{color}"/>',
            f'<text x="{left + length + 5:.1f}" y="{top + 13}">{figure(row)}</text>',
        ]
    x = left + entry["limit_ms"] * scale
    if entry["limit_ms"] > SMALLEST_LIMIT:
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="22" y2="{height - 10}" stroke="#222" '
            f'stroke-dasharray="4 3"><title>limit {shown(entry["limit_ms"])} ms</title></line>')
    return "\n".join(parts + ["</svg>"]) + "\n"


def write(results, folder):
    limits = results["machine"]
    lines = [
        "# Lathe and its peers", "",
        f"{results['cpu']}, {results['threads']} threads; {results['rounds']} rounds in turn, "
        f"{results['seconds']} s per peer and round. Lower is better. `~`: other jobs had the "
        "cores in too many rounds, so the best call stands instead of the median.", "",
        f"The limit is work at {limits['gflops']:.0f} GFLOP/s (an exp, tanh or sigmoid counts as "
        f"20), or compulsory bytes at {limits['dram_gbs']:.0f} GB/s from DRAM, "
        f"{limits['mid_gbs']:.0f} in sets of 12 to 48 MB, {limits['cache_gbs']:.0f} in smaller "
        "ones: the best measured here.", "",
    ]
    for name, entry in results["workloads"].items():
        lines += table(name, entry)
        if finished(entry):
            (folder / f"{name}.svg").write_text(bars(name, entry))
    text = "\n".join(lines).rstrip() + "\n"
    (folder / "results.md").write_text(text)
    sys.stdout.write(text)
