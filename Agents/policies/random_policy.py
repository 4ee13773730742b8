#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Starts waiting jobs in a random order on random sites that have room, drawn from the seed of the run.

    longhaul emulate SCENARIO --policy 'external:python3 Agents/policies/random_policy.py'
"""
import random
from view import serve, start


def make(view):
    draw = random.Random(view.seed)

    def decide():
        room = [sum(nodes) for nodes in view.free()]
        # Sorted first: what is drawn must not depend on how the view came to be.
        waiting = sorted(view.queue.values(), key=lambda job: job["job"])
        draw.shuffle(waiting)
        decisions = []
        for job in waiting:
            allowed = [job["pin"]] if "pin" in job else range(len(room))
            whole = [site for site in allowed if room[site] >= job["gpus"]]
            if whole:
                pieces = [(draw.choice(whole), job["gpus"])]
            elif job.get("splittable") and sum(room) >= job["gpus"]:
                pieces, missing = [], job["gpus"]
                for site in draw.sample(range(len(room)), len(room)):
                    share = min(missing, room[site])
                    if share:
                        pieces.append((site, share))
                        missing -= share
            else:
                continue
            for site, gpus in pieces:
                room[site] -= gpus
            decisions.append(start(job, *pieces))
        return decisions

    return decide


serve("random", make)
