"""Everything that people record about the mission itself: its days, who it is, whether it goes on, its lists."""

from ieom.acts.composition import approver_replaced, replace_head, state_joins, state_withdraws
from ieom.acts.holding import evacuate, go_on, hold, resume, suspend
from ieom.acts.lists import renew_media, renew_stations
from ieom.acts.redating import extend, move_press_conference, postpone, set_round

__all__ = [
    "approver_replaced",
    "evacuate",
    "extend",
    "go_on",
    "hold",
    "move_press_conference",
    "postpone",
    "renew_media",
    "renew_stations",
    "replace_head",
    "resume",
    "set_round",
    "state_joins",
    "state_withdraws",
    "suspend",
]
