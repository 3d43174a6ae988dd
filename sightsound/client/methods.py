"""Whatever can be asked of a service, as methods of both clients."""

from sightsound.client.calls import bundles as of_bundles
from sightsound.client.calls import classes as of_classes
from sightsound.client.calls import clips as of_clips
from sightsound.client.calls import evaluations as of_evaluations
from sightsound.client.calls import galleries as of_galleries
from sightsound.client.calls import jobs as of_jobs
from sightsound.client.calls import search as of_search
from sightsound.client.calls import service as of_service
from sightsound.client.making import made, read


class JobMethods:
    """Durable work: what asks for a job returns it as it was put up; `wait` for its end."""

    ingest = made(of_jobs.ingest)
    upload = made(of_jobs.upload)
    reindex = made(of_jobs.reindex)
    compact = made(of_jobs.compact)
    evaluate = made(of_jobs.evaluate)
    get = made(of_jobs.get_job)
    listed = made(of_jobs.listed)
    every = read(of_jobs.every)
    cancel = made(of_jobs.cancel)
    retry = made(of_jobs.retry)


class Methods:
    """All the rest."""

    search = made(of_search.search)
    search_clip = made(of_search.search_clip)
    search_by = made(of_search.search_by)
    search_on = made(of_search.search_on)
    hits = read(of_search.hits)
    hits_of_clip = read(of_search.hits_of_clip)
    search_batch = made(of_search.search_batch)

    classify = made(of_classes.classify)
    classify_files = made(of_classes.classify_files)
    classify_stored = made(of_classes.classify_stored)
    classify_stored_batch = made(of_classes.classify_stored_batch)
    vocabularies = read(of_classes.vocabularies)
    vocabulary = made(of_classes.vocabulary)
    set_vocabulary = made(of_classes.set_vocabulary)
    remove_vocabulary = made(of_classes.remove_vocabulary)

    clips = read(of_clips.clips)
    clip = made(of_clips.clip)
    add_clip = made(of_clips.add_clip)
    change_clip = made(of_clips.change_clip)
    remove_clip = made(of_clips.remove_clip)
    remove_clips = made(of_clips.remove_clips)
    media = made(of_clips.media)
    preview = made(of_clips.preview)
    thumbnail = made(of_clips.thumbnail)
    waveform = made(of_clips.waveform)
    waveform_picture = made(of_clips.waveform_picture)

    galleries = made(of_galleries.galleries)
    gallery = made(of_galleries.gallery)
    gallery_statistics = made(of_galleries.gallery_statistics)
    create_gallery = made(of_galleries.create_gallery)
    remove_gallery = made(of_galleries.remove_gallery)
    import_gallery = made(of_galleries.import_gallery)
    export_gallery = made(of_galleries.export_gallery)
    verify_gallery = made(of_galleries.verify_gallery)
    reindex = made(of_galleries.reindex)
    generations = made(of_galleries.generations)
    generation = made(of_galleries.generation)
    activate = made(of_galleries.activate)
    remove_generation = made(of_galleries.remove_generation)
    roll_back = made(of_galleries.roll_back)

    evaluations = made(of_evaluations.evaluations)
    evaluation = made(of_evaluations.evaluation)
    evaluation_map = made(of_evaluations.evaluation_map)
    compare_evaluations = made(of_evaluations.compare_evaluations)
    evaluation_plot = made(of_evaluations.evaluation_plot)
    remove_evaluation = made(of_evaluations.remove_evaluation)

    bundles = made(of_bundles.bundles)
    bundle = made(of_bundles.bundle)
    add_bundle = made(of_bundles.add_bundle)
    bundle_archive = made(of_bundles.bundle_archive)
    remove_bundle = made(of_bundles.remove_bundle)

    status = made(of_service.status)
    readiness = made(of_service.readiness)
    keys = made(of_service.keys)
    create_key = made(of_service.create_key)
    revoke_key = made(of_service.revoke_key)
    audit = read(of_service.audit)
