import { Client, logger, Variables } from "camunda-external-task-client-js";
import subscribe from "../order-handlers.cjs";

const client = new Client({ baseUrl: process.argv[2], use: logger, asyncResponseTimeout: 5000, workerId: "javascript-3" });
subscribe(client, Variables);
