"""Sequences of one video, and the examples of a sequence."""

import numpy as np

from siamlink.tools.training.annotated_video import AnnotatedVideo, by_video, detection_files, recall, without


def names(videos: list[AnnotatedVideo]) -> list[str]:
    return [video.sequence.name for video in videos]


def test_sequences_of_one_video_are_one_group_and_the_largest_group_is_first(videos: list[AnnotatedVideo]) -> None:
    groups = [names(group) for group in by_video(videos)]
    sizes = [sum(len(each.public.detections) for each in group) for group in by_video(videos)]
    assert sorted(map(tuple, groups)) == [("east", "east-again"), ("west",)]
    assert sizes == sorted(sizes, reverse=True)


def test_without_leaves_out_every_name_of_the_video(videos: list[AnnotatedVideo]) -> None:
    east, again, west = videos
    assert names(without(videos, east)) == ["west"]
    assert names(without(videos, again)) == ["west"]
    assert names(without(videos, west)) == ["east", "east-again"]


def test_the_public_example_is_that_of_det_txt(videos: list[AnnotatedVideo]) -> None:
    for video in videos:
        assert [path.name for path in detection_files(video.sequence)] == ["det.txt"]
        assert video.public is video.examples[0]


def test_stored_descriptors_are_given_by_row(videos: list[AnnotatedVideo]) -> None:
    from dataclasses import replace

    example = videos[2].public
    assert recall(example) is None
    descriptor = np.arange(2.0 * len(example.detections), dtype=np.float32).reshape(-1, 2)
    describe = recall(replace(example, descriptor=descriptor))
    assert describe is not None
    rows = np.array([3, 0])
    assert np.array_equal(describe(example.detections, rows), descriptor[rows])
