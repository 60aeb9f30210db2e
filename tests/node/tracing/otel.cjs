// Prints the spans of a success and of a failure, under a span of the program's own: `otel.cjs MODULE URL`.
"use strict";
const { SpanKind, context, trace } = require("@opentelemetry/api");
const { AwsInstrumentation } = require("@opentelemetry/instrumentation-aws-sdk");
const { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } = require("@opentelemetry/sdk-trace-node");

const [, , name, endpoint] = process.argv;
const exporter = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
provider.register();
const instrumentation = new AwsInstrumentation();
instrumentation.setTracerProvider(provider);

async function main() {
  const { ChimeSDKMeetings } = require(name);
  const client = new ChimeSDKMeetings({ region: "eu-central-1", endpoint, credentials: { accessKeyId: "AKID", secretAccessKey: "secret" }, maxAttempts: 1 });
  const tracer = trace.getTracer("program");
  await tracer.startActiveSpan("job", async (job) => {
    await client.createMeeting({ ClientRequestToken: "a-token", MediaRegion: "us-east-1", ExternalMeetingId: "standup" });
    await client.getMeeting({ MeetingId: "m-1" }).catch((error) => console.error(error.name, trace.getSpan(context.active()) === job));
    job.end();
  });
  const spans = exporter.getFinishedSpans();
  const names = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
  const told = spans.map(({ name: title, kind, attributes, status, events, parentSpanContext }) => ({
    name: title,
    kind: SpanKind[kind],
    attributes: Object.fromEntries(Object.entries(attributes).sort()),
    status,
    events: events.map((event) => [event.name, event.attributes["exception.type"], event.attributes["exception.message"]]),
    parent: names.get(parentSpanContext?.spanId),
  }));
  console.log(JSON.stringify(told));
}

main();
