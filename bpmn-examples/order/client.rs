//! Places orders and waits until they are shipped. A worker must be running.

use std::time::Duration;

use anyhow::bail;
use flowstone_examples::{Api, url};
use flowstone_worker::{Deployment, ProcessStart, Variables};

const ORDERS: [(&str, u32, f64); 4] = [
    ("lamp", 2, 39.90),
    ("chair", 6, 120.00),
    ("screw", 500, 0.05),
    ("table", 1, 349.00),
];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let api = Api::new(&url())?;
    let model = Deployment::new("order").resource("order.bpmn", include_bytes!("order.bpmn").as_slice());
    api.processes.deploy(model).await?;
    let mut placed = Vec::new();
    for (number, (item, quantity, price)) in (1..).zip(ORDERS) {
        let variables = Variables::new()
            .with("item", item)?
            .with("quantity", quantity)?
            .with("price", price)?;
        let start = ProcessStart::new("order")
            .business_key(&format!("order-{number}"))
            .variables(variables)?;
        placed.push((number, api.processes.start(start).await?.id));
    }
    println!("{} orders placed", placed.len());
    for (number, id) in placed {
        let order = api.until_ended(&id, Duration::from_secs(60)).await?;
        let (item, quantity, _) = ORDERS[number - 1];
        let duration = order.duration_in_millis.unwrap_or_default();
        println!(
            "order-{number}  {quantity:>4} x {item:<6} {:<10} {duration:>6} ms",
            order.state
        );
        if order.state != "COMPLETED" {
            bail!("order-{number} ended as {}", order.state);
        }
    }
    println!("all orders shipped");
    Ok(())
}
