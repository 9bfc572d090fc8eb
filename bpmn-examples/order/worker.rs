//! The worker of the order example: stock, payment, packing and shipping.

use flowstone_examples::{log, url};
use flowstone_worker::{Error, Task, TaskError, Worker};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Wanted {
    item: String,
    quantity: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Stock {
    in_stock: bool,
}

/// The warehouse holds ten of everything.
async fn check_stock(_: Task, wanted: Wanted) -> Result<Stock, TaskError> {
    if wanted.quantity == 0 {
        return Err(TaskError::fatal(format!("an order of no {} at all", wanted.item)));
    }
    Ok(Stock {
        in_stock: wanted.quantity <= 10,
    })
}

#[derive(Serialize)]
struct Reordered {
    reordered: u32,
}

async fn reorder_goods(_: Task, wanted: Wanted) -> Result<Reordered, TaskError> {
    Ok(Reordered {
        reordered: wanted.quantity,
    })
}

#[derive(Deserialize)]
struct Due {
    quantity: u32,
    price: f64,
}

#[derive(Serialize)]
struct Paid {
    total: f64,
}

async fn charge_card(_: Task, due: Due) -> Result<Paid, TaskError> {
    Ok(Paid {
        total: f64::from(due.quantity) * due.price,
    })
}

#[derive(Deserialize)]
struct Charged {
    total: f64,
}

#[derive(Serialize)]
struct Receipt {
    receipt: String,
}

async fn send_receipt(_: Task, charged: Charged) -> Result<Receipt, TaskError> {
    Ok(Receipt {
        receipt: format!("paid {:.2}", charged.total),
    })
}

#[derive(Serialize)]
struct Packed {
    parcels: u32,
}

/// Five fit into one parcel.
async fn pack_goods(_: Task, wanted: Wanted) -> Result<Packed, TaskError> {
    Ok(Packed {
        parcels: wanted.quantity.div_ceil(5),
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shipped {
    tracking_number: String,
}

async fn ship_order(task: Task, (): ()) -> Result<Shipped, TaskError> {
    // The same in every attempt, so that nothing is shipped twice.
    Ok(Shipped {
        tracking_number: format!("TRACK-{}", task.process_instance_id()),
    })
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    log();
    Worker::builder(url())
        .name("order")
        .topic("check-stock", check_stock)
        .topic("reorder-goods", reorder_goods)
        .topic("charge-card", charge_card)
        .topic("send-receipt", send_receipt)
        .topic("pack-goods", pack_goods)
        .topic("ship-order", ship_order)
        .stop_on_signals()
        .run()
        .await
}
