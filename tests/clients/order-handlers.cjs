// The worker of the order example for camunda-external-task-client-js, whichever version.

module.exports = function subscribe(client, Variables) {
  const handle = (topic, work) =>
    client.subscribe(topic, async ({ task, taskService }) => {
      await taskService.complete(task, work(task, new Variables()));
    });
  handle("check-stock", (task, result) => result.set("inStock", task.variables.get("quantity") <= 10));
  handle("reorder-goods", (task, result) => result.set("reordered", task.variables.get("quantity")));
  handle("charge-card", (task, result) =>
    result.setTyped("total", {
      value: task.variables.get("quantity") * task.variables.get("price"),
      type: "Double",
      valueInfo: {},
    }),
  );
  handle("send-receipt", (task, result) => result.set("receipt", { paid: task.variables.get("total") }));
  handle("pack-goods", (task, result) => result.set("parcels", Math.ceil(task.variables.get("quantity") / 5)));
  handle("ship-order", (task, result) => result.set("trackingNumber", `TRACK-${task.processInstanceId}`));
};
