"""The worker of the order example with the unmodified Python client."""

import math
import sys

from camunda.external_task.external_task_worker import ExternalTaskWorker


def check_stock(task):
    return {"inStock": task.get_variable("quantity") <= 10}


def reorder_goods(task):
    return {"reordered": task.get_variable("quantity")}


def charge_card(task):
    return {"total": task.get_variable("quantity") * task.get_variable("price")}


def send_receipt(task):
    return {"receipt": {"paid": task.get_variable("total")}}


def pack_goods(task):
    return {"parcels": math.ceil(task.get_variable("quantity") / 5)}


def ship_order(task):
    return {"trackingNumber": f"TRACK-{task.get_process_instance_id()}"}


WORK = {
    "check-stock": check_stock,
    "reorder-goods": reorder_goods,
    "charge-card": charge_card,
    "send-receipt": send_receipt,
    "pack-goods": pack_goods,
    "ship-order": ship_order,
}


def handle(task):
    return task.complete(WORK[task.get_topic_name()](task))


CONFIG = {
    "maxTasks": 5,
    "lockDuration": 20000,
    "asyncResponseTimeout": 5000,
    "retries": 0,
    "retryTimeout": 5000,
    "sleepSeconds": 1,
}

ExternalTaskWorker("python", base_url=sys.argv[1], config=CONFIG).subscribe(list(WORK), handle)
