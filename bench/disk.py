"""What a store takes on disk, as a multiple of the raw file under zstd -3."""
import report
import lines_file
from node_under_test import Node
from row import Single


def row(node, file, way):
    stored, filters = node.store_bytes(), node.filter_bytes()
    report.row(Single(f"disk, of zstd -3 of the raw file ({way})", stored / file.packed_bytes, "x",
                      f"{filters / file.packed_bytes:.3f}x of that are filters; all is {stored / file.bytes:.3f} of raw"))


def other_way(args, file):
    """The file made the other way is ingested into a node of its own."""
    if args.file:
        report.say("  disk: a given file is measured as it is, made neither way")
        return
    way = "vary" if args.way == "keep" else "keep"
    other = lines_file.make(args, args.work, way)
    with Node(args.oklog) as node:
        report.progress("ingest")
        node.forward(other.path)
        report.check(node.count() == other.lines, f"disk ({way}): count")
        node.rest()
        row(node, other, way)
    other.path.unlink()
