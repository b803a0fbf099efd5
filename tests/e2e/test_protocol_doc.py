# SPDX-License-Identifier: MIT
"""The examples of docs/protocol.md, sent through a real broker to a real hub: what the page says is what happens."""
import json, os, re

import paho.mqtt.client as mqtt
import pytest

import harness
from site_lab import Site, wait_until

with open(os.path.join(harness.ROOT, "docs", "protocol.md")) as page:
    EXAMPLES = dict(re.findall(r"```json (\S+)\n(.*?)```", page.read(), re.S))


class Ear:
    """Listens to everything of the site, and speaks."""

    def __init__(self, port):
        self.last, self.all = {}, []
        self.client = mqtt.Client(protocol=mqtt.MQTTv5)
        self.client.on_message = self.hear
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        self.ready = False
        self.client.on_subscribe = lambda *_: setattr(self, "ready", True)
        self.client.subscribe("tally/v1/leeds/#", 1)
        wait_until(lambda: self.ready, 10, "subscribed")

    def hear(self, _client, _userdata, message):
        topic = message.topic.removeprefix("tally/v1/leeds")
        self.last[topic] = message.payload.decode()
        self.all.append((topic, message.payload.decode()))

    def say(self, topic, text):
        self.client.publish("tally/v1/leeds" + topic, text, 1).wait_for_publish(10)

    def wait(self, topic, condition=lambda text: text):
        return wait_until(lambda: topic in self.last and condition(self.last[topic]) and self.last[topic], 10, topic)

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture(scope="module")
def ear(tmp_path_factory):
    site = Site(str(tmp_path_factory.mktemp("doc")))
    site.start_broker()
    site.start_hub()
    ear = Ear(site.broker_port)
    ear.wait("/hub/status", lambda text: '"online"' in text)
    yield ear
    ear.close()
    site.close()


def lines(name):
    return [json.loads(line) for line in EXAMPLES[name].splitlines()]


def shape(value):
    """Which members there are, and of what kind; numbers, texts and null are alike where one may stand for the other."""
    if isinstance(value, dict):
        return {key: shape(member) for key, member in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__.replace("float", "int").replace("NoneType", "int")


def test_examples_do_what_the_page_says(ear):
    ear.say("/put", EXAMPLES["put"])
    reply = ear.wait("/put/reply")
    assert [json.loads(line) for line in reply.splitlines()] == lines("put-reply")

    ear.last.pop("/put/reply")
    ear.say("/put", EXAMPLES["put-bad"])
    bad = json.loads(ear.wait("/put/reply"))
    assert bad["line"] == 1 and bad["ok"] is False and "sku" in bad["error"]

    ear.say("/gw-07/log", EXAMPLES["batch"].rstrip("\n"))
    ack = json.loads(ear.wait("/gw-07/ack"))
    assert ack == lines("ack")[0]

    wanted = lines("stock")[0]
    stock = json.loads(ear.wait("/stock/85123A", lambda text: json.loads(text)["on_hand"] == 94))
    assert shape(stock) == shape(wanted)
    for member in ("sku", "on_hand", "reserved", "available", "safety", "flags"):
        assert stock[member] == wanted[member], member

    order = json.loads(ear.wait("/order/536365"))
    assert shape(order) == shape(lines("order")[0])

    ear.say("/gw-07/now", EXAMPLES["totals"].rstrip("\n"))
    ear.wait("/stock/85123A", lambda text: json.loads(text)["on_hand"] == 92)

    feed = json.loads(ear.last["/hub/status"])
    assert feed["v"] == 1
    ear.say("/gw-07/want", json.dumps({"v": 1, "feed": "", "from": 0}))
    answer = ear.wait("/gw-07/feed").splitlines()
    assert set(json.loads(answer[0])) - {"compacted", "more"} == set(lines("feed")[0])
    kinds = {json.loads(line)["type"] for line in answer[1:]}
    assert {"item", "location", "operator", "template", "order"} <= kinds

    # the same once more changes nothing
    before = ear.last["/stock/85123A"]
    ear.last.pop("/gw-07/ack")
    ear.say("/gw-07/log", EXAMPLES["batch"].rstrip("\n"))
    assert json.loads(ear.wait("/gw-07/ack")) == lines("ack")[0]
    assert json.loads(ear.last["/stock/85123A"])["on_hand"] == json.loads(before)["on_hand"]
