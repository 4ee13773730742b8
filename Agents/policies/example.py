#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shortest job first on the cheapest site with room, or spread over several where it may be. See
Documentation/ExternalPolicies.md.   longhaul emulate SCENARIO --policy 'external:python3 Agents/policies/example.py'
"""
import sys
import zmq

socket = zmq.Context().socket(zmq.REP)
# A run that starts this program listens on a file; otherwise this program listens, on tcp://*:PORT.
(socket.connect if sys.argv[1].startswith("ipc:") else socket.bind)(sys.argv[1])
queue, free, price = {}, {}, {}
while (message := socket.recv_json())["type"] != "bye":
    if message["type"] == "hello":
        queue, free, price = {}, {}, {}
        socket.send_json({"type": "hello", "protocol": 1, "name": "example"})
        continue
    if message["full"]:
        queue.clear()
    queue.update((job["job"], job) for job in message.get("queue", {}).get("set", []))
    for job in message.get("queue", {}).get("gone", []):
        del queue[job]
    for site in message.get("sites", []):
        free.setdefault(site["site"], {}).update(site.get("free", []))
        price[site["site"]] = site.get("usd_per_gpu_hour", price.get(site["site"]))
    room = {site: sum(nodes.values()) for site, nodes in free.items()}
    decisions = []
    for job in sorted(queue.values(), key=lambda job: (job["estimate_s"], job["job"])):
        sites = sorted((s for s in room if job.get("pin", s) == s), key=lambda s: (price[s], s))
        whole = [s for s in sites if room[s] >= job["gpus"]][:1]
        on, missing = [], job["gpus"]
        for site in whole or (sites if job.get("splittable") and sum(room.values()) >= missing else []):
            if whole or 0 < room[site] and missing:
                on.append({"site": site, "gpus": min(missing, room[site])})
                missing -= on[-1]["gpus"]
        for piece in on:
            room[piece["site"]] -= piece["gpus"]
        decisions += [{"type": "start", "job": job["job"], "on": on}] if on else []
    socket.send_json({"type": "decisions", "decisions": decisions})
