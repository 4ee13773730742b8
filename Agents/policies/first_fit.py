#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A twin of the built-in fifo@first-fit: every run under it has the same digest. Its rules are those of
'longhaul catalog policies'.

    longhaul emulate SCENARIO --policy 'external:python3 Agents/policies/first_fit.py'
"""
from view import serve, start

MAX_SITES = 4


def whole_nodes(gpus, free, sizes):
    """Wholly free nodes, larger ones first, and the remainder on the emptiest of the others; None if it does not fit."""
    shares, missing = {}, gpus
    for node in sorted((n for n in range(len(free)) if free[n] == sizes[n]), key=lambda n: (-sizes[n], n)):
        if missing and sizes[node] <= missing:
            shares[node] = sizes[node]
            missing -= sizes[node]
    if missing:
        others = [n for n in range(len(free)) if n not in shares]
        most = min(others, key=lambda n: (-free[n], n), default=None)
        if most is None or free[most] < missing:
            return None
        shares[most] = missing
    return [[node, shares[node]] for node in sorted(shares)]


def emptiest_nodes(gpus, free):
    shares, missing = [], gpus
    for node in sorted(range(len(free)), key=lambda n: (-free[n], n)):
        if missing:
            share = min(missing, free[node])
            shares.append([node, share])
            missing -= share
    return sorted(shares)


def first_set(count, free, gpus):
    """The first `count` sites by name that hold the job."""
    chosen, missing = [], gpus
    sites = [site for site in range(len(free)) if free[site] > 0]
    for position, site in enumerate(sites):
        later = sorted((free[s] for s in sites[position + 1:]), reverse=True)[:max(0, count - len(chosen) - 1)]
        if len(chosen) < count and free[site] + sum(later) >= missing:
            chosen.append(site)
            missing -= free[site]
    return chosen if missing <= 0 else None


def split(job, free, sizes):
    """Over as few sites as can hold it, on wholly free nodes if some set of so many sites has them."""
    room = [sum(nodes) for nodes in free]
    if not job.get("splittable") or "pin" in job or sum(room) < job["gpus"]:
        return None
    count, missing = 0, job["gpus"]
    for most in sorted(room, reverse=True):
        if missing > 0:
            count, missing = count + 1, missing - most
    if count > MAX_SITES:
        return None
    whole = [sum(f for f, s in zip(nodes, size) if f == s) for nodes, size in zip(free, sizes)]
    for ledger in ([min(w, r) for w, r in zip(whole, room)], room):
        chosen = first_set(count, [ledger[s] if room[s] else 0 for s in range(len(room))], job["gpus"])
        if chosen:
            pieces, missing = [], job["gpus"]
            for site in chosen:
                share = min(missing, ledger[site])
                missing -= share
                nodes = whole_nodes(share, free[site], sizes[site]) or emptiest_nodes(share, free[site])
                pieces.append((site, share, nodes))
            return pieces
    return None


def place(job, free, sizes):
    for site in [job["pin"]] if "pin" in job else range(len(free)):
        if sum(free[site]) >= job["gpus"]:
            # Without nodes they are filled in order, as the twin's brother does.
            return [(site, job["gpus"])]
    return split(job, free, sizes)


def book(pieces, free):
    for site, gpus, *nodes in pieces:
        shares = nodes[0] if nodes else []
        if not nodes:
            for node, available in enumerate(free[site]):
                share = min(gpus, available)
                shares.append([node, share])
                gpus -= share
        for node, share in shares:
            free[site][node] -= share


def make(view):
    sizes = [site["nodes"] for site in view.sites]

    def decide():
        free, decisions = view.free(), []
        waiting = sorted(view.queue.values(), key=lambda job: job["job"])
        # Jobs without GPUs wait for nothing; the others stand in line.
        for job in [j for j in waiting if j["gpus"] == 0] + [j for j in waiting if j["gpus"] > 0]:
            if job["gpus"] and not any(map(any, free)):
                break
            pieces = place(job, free, sizes)
            if pieces is None:
                break
            book(pieces, free)
            decisions.append(start(job, *pieces))
        return decisions

    return decide


serve("fifo@first-fit in Python", make)
