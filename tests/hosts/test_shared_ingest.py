"""Workers on machines of their own: they share the jobs out, and do those of others whose machines are lost."""

import subprocess
import sys
import time
from typing import Any

from tests.hosts.network import Machine
from tests.hosts.site import Site, make_clips, until
from tests.unit.service.waiting import ROOT

JOBS, CLIPS = 6, 12
CUT_S = 1.0
"""How long the machine that is lost runs on without anybody who hears it."""


def test_workers_whose_machines_are_cut_off_and_lost_or_come_back_leave_their_jobs_to_the_others(site: Site) -> None:
    make_clips(site.folder / "clips", JOBS, CLIPS)
    for machine in site.workers:
        site.work(machine)
    jobs = [ask(site, number) for number in range(JOBS)]
    shared_out(site, jobs)
    lost, away, _ = site.workers
    gone = {pid_of(lost), pid_of(away)}
    lost.cut()
    away.cut()
    cut_at = time.monotonic()
    time.sleep(CUT_S)
    lost.kill()
    assert (left := set(held(site, jobs, gone)))
    until(lambda: not held(site, jobs, gone), every_s=0.2)
    put_back_s = time.monotonic() - cut_at
    away.mend()
    until(lambda: all(told(site, job)["state"] == "done" for job in jobs), every_s=0.2)
    print(f"jobs of machines that were cut off were taken up after {put_back_s:.1f} s")

    assert away.processes[0].poll() is None
    results = {job: told(site, job)["result"] for job in jobs}
    assert all(each["added"] + each["known"] == CLIPS and each["failed"] == 0 for each in results.values()), results
    assert {job for job, each in results.items() if each["known"]} <= left
    assert names(site) == sorted(f"{i:02}.mp4" for n in range(JOBS) for i in range(CLIPS))
    assert verified(site) == 0


def ask(site: Site, number: int) -> str:
    """A job for each part, asked of the replicas in turn."""
    asked = {"source": f"part {number}", "labels": ["shared"]}
    answer = site.replicas[number % 2].client.post("/v1/galleries/demo/jobs/ingest", json=asked)
    assert answer.status_code in (200, 201, 202), answer.text
    return str(answer.json()["id"])


def told(site: Site, job: str) -> Any:
    """A job as a replica tells it."""
    answer = site.replicas[1].client.get(f"/v1/jobs/{job}")
    assert answer.status_code == 200, answer.text
    assert answer.json()["state"] != "failed", answer.text
    return answer.json()


def shared_out(site: Site, jobs: list[str]) -> None:
    """Wait until each worker is in the midst of a job."""
    workers = {pid_of(each) for each in site.workers}
    until(lambda: set(at_work(site, jobs).values()) == workers)


def at_work(site: Site, jobs: list[str]) -> dict[str, int]:
    """The jobs that workers are in the midst of, and which process of theirs."""
    found = {job: pid_in(name) for job, name in site.executors().items() if job in jobs}
    return {job: pid for job, pid in found.items() if is_under_way(told(site, job))}


def is_under_way(now: Any) -> bool:
    """Whether a job has done something, but not all."""
    done, total = now["progress"]["done"], now["progress"]["total"]
    return bool(now["state"] == "running" and 0 < done < total)


def held(site: Site, jobs: list[str], pids: set[int]) -> list[str]:
    """Those that are still of one of these processes, and not done."""
    found = {job for job, name in site.executors().items() if pid_in(name) in pids}
    return [job for job in jobs if job in found and told(site, job)["state"] != "done"]


def pid_of(machine: Machine) -> int:
    """Of the worker there."""
    return machine.processes[0].pid


def pid_in(executor: str) -> int:
    """Of the process that an executor is."""
    return int(executor.split("-")[-2])


def names(site: Site) -> list[str]:
    """Of the clips that were ingested."""
    answer = site.replicas[0].client.get("/v1/galleries/demo/clips", params={"limit": 1000, "label": "shared"})
    assert answer.status_code == 200, answer.text
    return sorted(clip["name"] for clip in answer.json()["clips"])


def verified(site: Site) -> int:
    """How `sightsound gallery verify` ends."""
    command = [sys.executable, "-m", "sightsound", "gallery", "verify", "--data", str(site.data)]
    found = subprocess.run([*command, "--catalog", site.catalog], cwd=ROOT, capture_output=True, text=True, check=False)
    print(found.stdout[-2000:], found.stderr[-2000:])
    return found.returncode
