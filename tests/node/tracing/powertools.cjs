// Prints the subsegments that Powertools' tracer makes in a Lambda function: `powertools.cjs MODULE URL`.
"use strict";
const [, , name, endpoint] = process.argv;
// Elsewhere the tracer does nothing.
process.env.AWS_EXECUTION_ENV = "AWS_Lambda_nodejs22.x";
const { Tracer } = require("@aws-lambda-powertools/tracer");
const { ChimeSDKMeetings } = require(name);

async function main() {
  const tracer = new Tracer({ serviceName: "recorder", enabled: true });
  const given = { region: "eu-central-1", endpoint, credentials: { accessKeyId: "AKID", secretAccessKey: "secret" }, maxAttempts: 1 };
  const client = tracer.captureAWSv3Client(new ChimeSDKMeetings(given));
  const { Segment } = require("aws-xray-sdk-core");
  const segment = new Segment("function");
  await tracer.provider.getNamespace().runPromise(async () => {
    tracer.setSegment(segment);
    await client.createMeeting({ ClientRequestToken: "a-token", MediaRegion: "us-east-1", ExternalMeetingId: "standup" });
    await client.getMeeting({ MeetingId: "m-1" }).catch((error) => tracer.addErrorAsMetadata(error));
  });
  const told = segment.subsegments.map((subsegment) => {
    const { name: title, namespace, aws, http, error, fault } = JSON.parse(JSON.stringify(subsegment));
    return { title, namespace, aws, http, error, fault };
  });
  console.log(JSON.stringify(told));
}

main();
