const { Client, logger, Variables } = require("camunda-external-task-client-js");
const subscribe = require("../order-handlers.cjs");

const client = new Client({ baseUrl: process.argv[2], use: logger, asyncResponseTimeout: 5000, workerId: "javascript-2" });
subscribe(client, Variables);
