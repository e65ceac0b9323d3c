"""A buyer and a seller exchange messages with offers on a live page. Each move is checked and kept as a row."""

from otree.api import *


class C(BaseConstants):
    NAME_IN_URL = "bargain"
    PLAYERS_PER_GROUP = 2
    NUM_ROUNDS = 1


class Subsession(BaseSubsession):
    pass


class Group(BaseGroup):
    deal = models.CurrencyField()
    moves = models.IntegerField(initial=0)


class Player(BasePlayer):
    offer = models.CurrencyField()


class Move(ExtraModel):
    group = models.Link(Group)
    by = models.IntegerField()
    number = models.IntegerField()
    talk = models.LongStringField()
    price = models.CurrencyField()
    key = models.StringField()


def live_bargain(player, data):
    group = player.group
    if group.field_maybe_none("deal") is not None:
        return {player.id_in_group: dict(refused="it is over", key=data["key"])}
    group.moves += 1
    player.offer = data["price"]
    Move.create(
        group=group,
        by=player.id_in_group,
        number=group.moves,
        talk=data["talk"],
        price=data["price"],
        key=data["key"],
    )
    told = dict(
        number=group.moves,
        by=player.id_in_group,
        talk=data["talk"],
        price=data["price"],
        key=data["key"],
    )
    return {0: told}


class Bargain(Page):
    live_method = live_bargain


page_sequence = [Bargain]
