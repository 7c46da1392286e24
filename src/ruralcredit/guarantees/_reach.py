"""Who reaches whom, while arcs come and go: labels that follow, searches that they prune.

Strong components are named by one of their nodes, their head, and ranked so that no arc leads
to a higher rank.  A search from a node to another passes heads of ranks between theirs only.
Equal ranks are allowed: an arc that comes lifts what stands before it, or lowers what stands
after it, to one rank, whichever is less, and a component that falls apart shares out the ranks
it was given at first, as many as it has nodes.
"""

from array import array
from collections.abc import Callable, Collection, Iterable, Sequence

import numpy as np
import numpy.typing as npt

from ruralcredit.guarantees._kernels import gather, parts_by_label, sorted_pairs

Int64 = npt.NDArray[np.int64]
Int32 = npt.NDArray[np.int32]
Bool = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]

_AHEAD, _BACK = 0, 1
# A node's labels stand side by side, so that looking at it costs one line of the cache: its
# head, its rank, and where what is next to it starts and ends, ahead and back.  Nodes are named
# by the place of theirs, a multiple of eight.
_WIDE = 3
_RANK, _FIRST, _LAST = 1, 2, 3
# Questions asked together, so that what is on the way stays in the cache.
_TOGETHER = 1 << 14
# After so many steps the few questions still open are asked one by one.
_MOST_STEPS = 64
# Above an eighth of all nodes, labelling everything anew is faster than one component.
_LARGE_SHARE = 3
_SMALL = 1 << 12
# A question stands above the 33 bits of a head and a direction.
_QUESTION = 33
_PLACE = (1 << _QUESTION) - 1


class Reach:
    """Nodes and arcs with labels that answer whether one node reaches another.

    Arcs may stand several times; one from a node to itself says nothing and is never brought.
    """

    def __init__(self, source: Integers, target: Integers, count: int) -> None:
        """Prepare the labels of nodes 0 to ``count`` and arcs between them."""
        self._build(*_counted_pairs(source, target), count)

    def _build(self, source: Integers, target: Integers, times: Int32, count: int) -> None:
        """Label everything from distinct arcs, sorted, with how often each stands."""
        back = sorted_pairs(target, source)
        self._times = times
        self._starts = (_starts(source, count, 0), _starts(back[0], count, len(target)))
        labels = _ranked_labels(self._starts[_AHEAD], source, target, count)
        sizes = np.bincount(labels, minlength=0)
        below = np.cumsum(sizes) - sizes
        head_of = np.empty(len(sizes), np.int32)
        head_of[labels[::-1]] = np.arange(count - 1, -1, -1, dtype=np.int32)
        head = head_of.take(labels)
        table = np.zeros((count, 1 << _WIDE), np.int32)
        table[:, 0] = head << _WIDE
        table[:, _RANK] = below.take(labels)
        for side, starts in enumerate(self._starts):
            table[:, _FIRST + 2 * side] = starts[:-1]
            table[:, _LAST + 2 * side] = starts[1:]
        inside = np.flatnonzero(sizes.take(labels) > 1)
        parts = [part.tolist() for part in parts_by_label(inside << _WIDE, head[inside])]
        self._loops: dict[int, list[int]] = {part[0]: part for part in parts}
        self._room = {first: len(part) - 1 for first, part in self._loops.items()}
        near = np.concatenate([target, back[1]])
        more = self._left(table, inside, head, near)
        self._table = _array(table)
        self._near = _array(np.concatenate([near, *more]) << _WIDE)
        self._most = 2 * len(self._near) + (1 << 20)
        self._gives: dict[int, dict[int, int]] = {}
        self._takes: dict[int, dict[int, int]] = {}

    def _left(self, table: Int32, inside: Int64, head: Int32, near: Int64) -> list[Int64]:
        """Let each loop's head stand for all its nodes; return the arcs to and from outside."""
        heads = np.unique(head[inside])
        blocks = []
        at = len(near)
        for side, starts in enumerate(self._starts):
            first = starts[inside]
            many = starts[inside + 1] - first
            other = near.take(_spread(first, many))
            one = np.repeat(head[inside], many)
            leaving = np.flatnonzero(head.take(other) != one)
            sources, block = sorted_pairs(one.take(leaving), other.take(leaving))
            table[heads, _FIRST + 2 * side] = np.searchsorted(sources, heads) + at
            table[heads, _LAST + 2 * side] = np.searchsorted(sources, heads + 1) + at
            blocks.append(block)
            at += len(block)
        return blocks

    # --- questions ---

    def reaches(self, start: int, goal: int) -> bool:
        """Say whether a way of arcs, or none, leads from one node to another."""
        table, near = self._table, self._near
        one, other = table[start << 3], table[goal << 3]
        while one != other:
            if table[one + 1] < table[other + 1]:
                return False
            # While there is one way to go, no set of heads is needed.
            ahead, end = table[one + 2], table[one + 3]
            if end == ahead + 1:
                one = table[near[ahead]]
                continue
            back, start = table[other + 4], table[other + 5]
            if end == ahead or start == back:
                return False
            if start != back + 1:
                return self._meets(one, other)
            other = table[near[back]]
        return True

    def _meets(self, one: int, other: int) -> bool:
        """Search from two heads in turn, each step from where fewer heads were found."""
        table, near = self._table, self._near
        low, high = table[other + _RANK], table[one + _RANK]
        side, front, back, seen, met = _FIRST, [one], [other], {one}, {other}
        while front:
            found = []
            for here in front:
                at = here + side
                for node in near[table[at] : table[at + 1]]:
                    there = table[node]
                    if there in met:
                        return True
                    if low <= table[there + 1] <= high and there not in seen:
                        seen.add(there)
                        found.append(there)
            front = found
            if len(found) > len(back):
                side, front, back, seen, met = 6 - side, back, found, met, seen
        return False

    def reaches_columns(self, start: Integers, goal: Integers) -> Bool:
        """Say it of many pairs of nodes."""
        found = np.empty(len(start), np.bool_)
        for at in range(0, len(start), _TOGETHER):
            part = slice(at, at + _TOGETHER)
            found[part] = self._reached(start[part], goal[part])
        return found

    def _reached(self, start: Integers, goal: Integers) -> Bool:
        table = np.frombuffer(self._table, np.int32)
        one, other = table.take(start << _WIDE), table.take(goal << _WIDE)
        found: Bool = one == other
        low, high = table.take(other + _RANK), table.take(one + _RANK)
        asked = np.flatnonzero((high >= low) & ~found)
        one, other = one.take(asked), other.take(asked)
        near = np.frombuffer(self._near, np.int32)
        yes, asked, ends = _follow(asked, one, other, table, near)
        found[yes] = True
        reached, left = _walk(ends, table, near)
        for place in left.tolist():
            reached[place] = self._meets(*ends[:, place].tolist())
        found[asked[reached]] = True
        return found

    # --- changes ---

    def add_node(self) -> int:
        """Add a node without arcs and return its number."""
        place = len(self._table)
        node = place >> _WIDE
        self._table.extend((place, node, *[0] * ((1 << _WIDE) - 2)))
        return node

    def add(self, source: int, target: int) -> None:
        """Add an arc between two different nodes."""
        self._make_space()
        source, target = source << _WIDE, target << _WIDE
        given = self._given(source)
        given[target] = given.get(target, 0) + 1
        if given[target] > 1:
            return
        self._taken(target)[source] = 1
        one, other = self._table[source], self._table[target]
        if one == other:
            return
        self._refresh(one, _AHEAD)
        self._refresh(other, _BACK)
        if self._table[one + _RANK] <= self._table[other + _RANK]:
            self._repair(one, other)

    def release(self, source: int, target: int) -> None:
        """Take an arc away that stands."""
        self._make_space()
        source, target = source << _WIDE, target << _WIDE
        given = self._given(source)
        given[target] -= 1
        if given[target]:
            return
        del given[target]
        del self._taken(target)[source]
        one, other = self._table[source], self._table[target]
        if one != other:
            self._refresh(one, _AHEAD)
            self._refresh(other, _BACK)
        elif not self._is_joined(source, target):
            self._split(one)

    def _given(self, node: int) -> dict[int, int]:
        """Return where arcs of a node lead and how often, to be changed in place."""
        if node not in self._gives:
            near = self._near_nodes(node, _AHEAD)
            first = self._starts[_AHEAD][node >> _WIDE] if near else 0
            times = self._times[first : first + len(near)].tolist()
            self._gives[node] = dict(zip(near, times, strict=True))
        return self._gives[node]

    def _taken(self, node: int) -> dict[int, int]:
        """Return where arcs to a node come from, to be changed in place."""
        if node not in self._takes:
            self._takes[node] = dict.fromkeys(self._near_nodes(node, _BACK), 1)
        return self._takes[node]

    def _near_nodes(self, node: int, side: int) -> Collection[int]:
        """Return the nodes next to a node, ahead or back."""
        changed = self._takes if side else self._gives
        if node in changed:
            return changed[node]
        starts, number = self._starts[side], node >> _WIDE
        return self._near[starts[number] : starts[number + 1]] if number + 1 < len(starts) else ()

    def _refresh(self, here: int, side: int) -> None:
        """Write anew what stands next to a head, ahead or back."""
        near: Iterable[int] = self._near_nodes(here, side)
        if here in self._loops:
            every = (n for v in self._loops[here] for n in self._near_nodes(v, side))
            near = {node for node in every if self._table[node] != here}
        self._table[here + _FIRST + 2 * side] = len(self._near)
        self._near.extend(near)
        self._table[here + _LAST + 2 * side] = len(self._near)

    def _make_space(self) -> None:
        """Label everything anew once what was written over takes more than all the rest."""
        if len(self._near) > self._most:
            self._rebuild()

    def _repair(self, source: int, target: int) -> None:
        """Rank anew after an arc that leads from a head to one not ranked below it.

        What stands before the arc and what stands after it is searched in turn, until one of
        them is known whole: that is moved to one rank, and what is in both becomes one loop.
        """
        ends = (source, target)
        top = self._table[target + _RANK] + self._room.get(target, 0)
        bounds = (top, self._table[source + _RANK])
        reached = ({source}, {target})
        fronts = [[source], [target]]
        while fronts[0] and fronts[1]:
            after = int(len(fronts[0]) > len(fronts[1]))
            fronts[after] = self._step(fronts[after], 1 - after, reached[after], bounds[after])
        after = int(not fronts[1])
        for here in reached[after]:
            self._table[here + _RANK] = bounds[after]
            self._room.pop(here, None)
        across = ends[1 - after]
        if across in reached[after]:
            self._merge(self._between(across, after, reached[after]))

    def _step(self, front: list[int], side: int, reached: set[int], bound: int) -> list[int]:
        """Return the heads one step on, within the bound of ranks, and mark them reached."""
        found = []
        for here in front:
            for there in self._near_heads(here, side):
                rank = self._table[there + _RANK]
                if there not in reached and (rank <= bound if side else rank >= bound):
                    reached.add(there)
                    found.append(there)
        return found

    def _near_heads(self, here: int, side: int) -> list[int]:
        """Return the heads next to a head, ahead or back."""
        table, at = self._table, here + _FIRST + 2 * side
        return [table[node] for node in self._near[table[at] : table[at + 1]]]

    def _between(self, start: int, side: int, among: set[int]) -> set[int]:
        """Return the heads that one reaches without leaving some."""
        found, stack = {start}, [start]
        while stack:
            for there in self._near_heads(stack.pop(), side):
                if there in among and there not in found:
                    found.add(there)
                    stack.append(there)
        return found

    def _merge(self, heads: set[int]) -> None:
        """Make one loop of several heads and their loops."""
        largest = max(heads, key=lambda head: len(self._loops.get(head, ())))
        nodes = self._loops.setdefault(largest, [largest])
        for other in heads - {largest}:
            more = self._loops.pop(other, [other])
            nodes += more
            for node in more:
                self._table[node] = largest
        self._refresh(largest, _AHEAD)
        self._refresh(largest, _BACK)

    def _is_joined(self, source: int, target: int) -> bool:
        """Say whether a node of a loop still reaches another of its nodes."""
        inside = self._table[source]
        fronts, seen = [[source], [target]], ({source}, {target})
        while fronts[0] and fronts[1]:
            side = int(len(fronts[0]) > len(fronts[1]))
            found = []
            for here in fronts[side]:
                for there in self._near_nodes(here, side):
                    if there in seen[1 - side]:
                        return True
                    if self._table[there] == inside and there not in seen[side]:
                        seen[side].add(there)
                        found.append(there)
            fronts[side] = found
        return False

    def _split(self, head: int) -> None:
        """Label the parts of a loop that fell apart."""
        table, nodes = self._table, self._loops.pop(head)
        if len(nodes) > max(_SMALL, len(table) >> _WIDE + _LARGE_SHARE):
            self._rebuild()
            return

        def inside(node: int) -> list[int]:
            return [there for there in self._near_nodes(node, _AHEAD) if table[there] == head]

        parts = strong_parts(nodes, inside)
        rank, has_room = table[head + _RANK], self._room.pop(head, 0) > 0
        for first, *others in parts:
            for node in (first, *others):
                table[node] = first
            table[first + _RANK] = rank
            if others:
                self._loops[first] = [first, *others]
            if others and has_room:
                self._room[first] = len(others)
            rank += 1 + len(others) if has_room else 0
        for first, *_others in parts:
            self._refresh(first, _AHEAD)
            self._refresh(first, _BACK)

    def _rebuild(self) -> None:
        """Label everything anew from the arcs that stand."""
        count = len(self._table) >> _WIDE
        starts = self._starts[_AHEAD]
        sources = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
        changed = np.zeros(count, np.bool_)
        changed[[node >> _WIDE for node in self._gives]] = True
        kept = np.flatnonzero(~changed[sources])
        more = [
            (source >> _WIDE, target >> _WIDE, times)
            for source, given in self._gives.items()
            for target, times in given.items()
        ]
        own = np.array(more, np.int64).reshape(-1, 3).T
        near = np.frombuffer(self._near, np.int32)[kept] >> _WIDE
        source = np.concatenate([sources[kept], own[0]])
        target = np.concatenate([near, own[1]])
        times = np.concatenate([self._times[kept], own[2]]).astype(np.int32)
        order = np.lexsort((target, source))
        self._build(source[order], target[order], times[order], count)


def _follow(
    asked: Int64, one: Int32, other: Int32, table: Int32, near: Int32
) -> tuple[Int64, Int64, Int32]:
    """Go on from both ends of many questions as long as there is one way to go.

    Returns:
        Questions that are answered yes; those where ways part, and where their ends stand then,
        of shape ``(2, n)``.
    """
    found, parted, ends = [asked[:0]], [asked[:0]], [np.zeros((2, 0), np.int32)]
    for step in range(_MOST_STEPS + 1):
        ahead, back = table.take(one + _FIRST), table.take(other + _FIRST + 2)
        many, few = table.take(one + _LAST) - ahead, table.take(other + _LAST + 2) - back
        fewest = np.minimum(many, few)
        parts = np.flatnonzero(fewest > (1 if step < _MOST_STEPS else 0))
        parted.append(asked.take(parts))
        ends.append(np.stack([one.take(parts), other.take(parts)]))
        goes = np.flatnonzero(fewest == 1)
        if not len(goes) or step == _MOST_STEPS:
            break
        asked, one, other = asked.take(goes), one.take(goes), other.take(goes)
        is_ahead = many.take(goes) == 1
        there = table.take(near.take(np.where(is_ahead, ahead.take(goes), back.take(goes))))
        one, other = np.where(is_ahead, there, one), np.where(is_ahead, other, there)
        met = one == other
        found.append(asked.compress(met))
        goes = np.flatnonzero((table.take(one + _RANK) >= table.take(other + _RANK)) & ~met)
        asked, one, other = asked.take(goes), one.take(goes), other.take(goes)
    return np.concatenate(found), np.concatenate(parted), np.concatenate(ends, axis=1)


def _walk(ends: Int32, table: Int32, near: Int32) -> tuple[Bool, Int64]:
    """Search from both ends of many questions at once, each step where fewer arcs lead on.

    A key holds a question, a head and a direction, so that sorted keys bring together what one
    question met twice, and what it met from both ends.

    Args:
        ends: Heads where each question starts and ends, of shape ``(2, n)``.
        table: The labels of all nodes.
        near: What stands next to them.

    Returns:
        Which questions are answered yes, and those given up.
    """
    asked = np.arange(ends.shape[1])
    found = np.zeros(len(asked), np.bool_)
    keys = ((asked << _QUESTION) | ends | np.array([[_AHEAD], [_BACK]])).T.reshape(-1)
    # The lowest rank ahead, and the inverse of the highest one back: one test does for both.
    bounds = np.stack([table.take(ends[1] + _RANK), ~table.take(ends[0] + _RANK)])
    for _ in range(_MOST_STEPS):
        count = len(asked)
        if not count:
            break
        side, question = keys & 1, keys >> _QUESTION
        at = (keys & _PLACE) + side + _FIRST
        start = table.take(at)
        many = table.take(at + 1) - start
        which = side * count + question
        ahead, back = np.bincount(which, many, 2 * count).reshape(2, -1)
        is_open = (ahead > 0) & (back > 0) & ~found.take(asked)
        left = np.flatnonzero(is_open)
        if 2 * len(left) < count:
            keys = _renumbered(keys, question, is_open)
            asked, bounds = asked.take(left), bounds.take(left, axis=1)
            continue
        goes = np.concatenate([is_open & (ahead <= back), is_open & (ahead > back)])
        moves = np.flatnonzero(goes.take(which))
        stays = np.flatnonzero(np.roll(goes, count).take(which))
        many = many.take(moves)
        there = table.take(near.take(_spread(start.take(moves), many)))
        stem = np.repeat(keys.take(moves) & ~(_PLACE - 1), many)
        rank = table.take(there + _RANK) ^ -(stem & 1)
        bound = bounds.reshape(-1).take(np.repeat(which.take(moves), many))
        within = np.flatnonzero(rank >= bound)
        keys = np.concatenate([keys.take(stays), stem.take(within) | there.take(within)])
        keys.sort()
        differ = keys[1:] ^ keys[:-1]
        found[asked[keys[:-1].compress(differ == 1) >> _QUESTION]] = True
        keys = keys.compress(np.concatenate([differ != 0, [True]]))
    return found, asked[~found[asked]]


def _renumbered(keys: Int64, question: Int64, is_open: Bool) -> Int64:
    """Return the keys of open questions, which are numbered anew."""
    kept = np.flatnonzero(is_open.take(question))
    number = np.cumsum(is_open) - 1
    return (number.take(question.take(kept)) << _QUESTION) | (keys.take(kept) & _PLACE)


def _spread(first: Integers, many: Integers) -> Int64:
    """Return the places of some stretches, one after the other."""
    ends = np.cumsum(many, dtype=np.int64)
    total = int(ends[-1]) if len(ends) else 0
    return np.repeat(first - (ends - many), many) + np.arange(total)


def _array(values: npt.NDArray[np.integer]) -> "array[int]":
    """Return int32 values as an array that grows, and that Python reads twice as fast."""
    made = array("i")
    made.frombytes(values.astype(np.int32).tobytes())
    return made


def _starts(sources: Integers, count: int, before: int) -> Int32:
    """Return where each node's arcs start among sorted ones, after some others, and the end."""
    starts = np.full(count + 1, before, np.int32)
    starts[1:] += np.cumsum(np.bincount(sources, minlength=count), dtype=np.int32)
    return starts


def _counted_pairs(source: Integers, target: Integers) -> tuple[Int64, Int64, Int32]:
    """Return the distinct ordered pairs, sorted, and how often each stands."""
    packed = (source.astype(np.uint64) << np.uint64(32)) | target.astype(np.uint64)
    packed.sort()
    first = np.ones(len(packed), np.bool_)
    np.not_equal(packed[1:], packed[:-1], out=first[1:])
    at = np.flatnonzero(first)
    times = np.diff(at, append=len(packed)).astype(np.int32)
    packed = packed.take(at)
    low = np.uint64(0xFFFFFFFF)
    return (packed >> np.uint64(32)).view(np.int64), (packed & low).view(np.int64), times


def _ranked_labels(starts: Int32, source: Integers, target: Integers, count: int) -> Int32:
    """Return each node's strong component, numbered so that no arc leads to a higher one."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    if not len(target):
        return np.arange(count, dtype=np.int32)
    data = np.ones(len(target), np.float64)
    graph = csr_array((data, target.astype(np.int32), starts), shape=(count, count))
    labels = np.asarray(connected_components(graph, connection="strong")[1], np.int32)
    return ranked(labels, source, target)


def ranked(labels: Int32, source: Integers, target: Integers) -> Int32:
    """Return labels of strong components whose numbers fall along every arc.

    SciPy's do already, but no page of its promises it.
    """
    if (gather(labels, source) >= gather(labels, target)).all():
        return labels
    near: dict[int, list[int]] = {}
    for one, other in zip(source.tolist(), target.tolist(), strict=True):
        near.setdefault(one, []).append(other)
    anew = np.empty_like(labels)
    parts = strong_parts(range(len(labels)), lambda node: near.get(node, ()))
    for number, part in enumerate(parts):
        anew[part] = number
    return anew


def strong_parts(nodes: Iterable[int], near: Callable[[int], Sequence[int]]) -> list[list[int]]:
    """Return the strong components of some nodes, none before one it leads to (Tarjan)."""
    number: dict[int, int] = {}
    least: dict[int, int] = {}
    stack: list[int] = []
    parts = []
    for root in nodes:
        if root in number:
            continue
        number[root] = least[root] = len(number)
        stack.append(root)
        work = [(root, iter(near(root)))]
        while work:
            here, following = work[-1]
            for there in following:
                if there not in number:
                    number[there] = least[there] = len(number)
                    stack.append(there)
                    work.append((there, iter(near(there))))
                    break
                if there in least:
                    least[here] = min(least[here], number[there])
            else:
                work.pop()
                if work:
                    before = work[-1][0]
                    least[before] = min(least[before], least[here])
                if least[here] == number[here]:
                    parts.append(_popped(stack, here, least))
    return parts


def _popped(stack: list[int], last: int, least: dict[int, int]) -> list[int]:
    """Take the nodes of a component off the stack."""
    part: list[int] = []
    while not part or part[-1] != last:
        part.append(stack.pop())
        del least[part[-1]]
    return part
