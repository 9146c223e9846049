"""geff: boxes are nodes, links are edges with their probability."""

from dataclasses import replace

import pytest

from siamlink.tools.exporting.geff_graph import write
from siamlink.tools.exporting.options import ExportOptions

geff = pytest.importorskip("geff")


@pytest.mark.filterwarnings("ignore")
def test_geff_reads_nodes_edges_and_axes(tmp_path, video):
    write(tmp_path / "a.geff", [video], ExportOptions())
    graph, metadata = geff.read(tmp_path / "a.geff", backend="networkx")
    assert graph.number_of_nodes() == 8
    node = graph.nodes[2]
    assert (node["t"], node["x"], node["y"], node["width"], node["height"]) == (2, 33.25, 50, 30, 60)
    assert (node["track_id"], node["interpolated"], node["class_name"]) == (7, True, 'lorry & "bus" <big>')
    assert not node["found"]
    links = {edge: data.get("probability") for *edge, data in graph.edges(data=True) for edge in [tuple(edge)]}
    assert links == pytest.approx({(0, 1): 0.99, (1, 2): 0.75, (2, 3): 0.75, (3, 4): 0.25, (5, 6): 1, (6, 7): 0.5})
    assert [axis.name for axis in metadata.axes] == ["t", "y", "x"]
    assert (metadata.axes[0].unit, metadata.axes[0].scale, metadata.axes[0].scaled_unit) == ("frame", 0.2, "second")
    assert metadata.track_node_props == {"tracklet": "track_id"}


@pytest.mark.filterwarnings("ignore")
def test_without_tracks_the_graph_is_empty(tmp_path, video):
    write(tmp_path / "a.geff", [replace(video, tracks=video.tracks[:0])], ExportOptions())
    graph, _ = geff.read(tmp_path / "a.geff", backend="networkx")
    assert graph.number_of_nodes() == graph.number_of_edges() == 0
