"""The command `siamlink study pictures`."""

from siamlink.tools.console.options import OutputFolder, Overwrite

FILES = ("graph.svg", "link-costs.svg", "levels.svg", "street.webp")


def pictures(output: OutputFolder, overwrite: Overwrite = False) -> None:
    """Draw the pictures of the documents from scenes that siamlink draws itself.

    Writes the graph of the linear program, DIR/graph.svg, the features for and against one link, DIR/link-costs.svg,
    the two levels, DIR/levels.svg, and the clip of the README, DIR/street.webp.
    """
    from siamlink.tools.console.files import check_folder, output_errors, publish, results_folder, staging
    from siamlink.tools.console.terminal import stage_bars
    from siamlink.tools.studies.pictures.clip import draw_clip
    from siamlink.tools.studies.pictures.crossing import drawn_clips
    from siamlink.tools.studies.pictures.levels import draw_levels
    from siamlink.tools.studies.pictures.link_costs import draw_link_costs
    from siamlink.tools.studies.pictures.link_graph import draw_link_graph

    check_folder(output, FILES, overwrite)
    with stage_bars() as progress, results_folder(output), staging(output) as staged, output_errors(output):
        clip = drawn_clips()[0]
        draw_link_graph(clip, staged / FILES[0])
        draw_link_costs(clip, staged / FILES[1])
        draw_levels(staged / FILES[2])
        draw_clip(staged / FILES[3], progress)
        publish(staged, output)
