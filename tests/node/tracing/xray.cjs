// Prints the subsegments of a success and of a failure: `xray.cjs MODULE URL`. Ids and times differ from run to run, and stay out.
"use strict";
const AWSXRay = require("aws-xray-sdk-core");

const [, , name, endpoint] = process.argv;
AWSXRay.setLogger({ debug() {}, info() {}, warn() {}, error: console.error });
AWSXRay.middleware.disableCentralizedSampling?.();

async function main() {
  const { ChimeSDKMeetingsClient, CreateMeetingCommand, GetMeetingCommand } = require(name);
  const given = { region: "eu-central-1", endpoint, credentials: { accessKeyId: "AKID", secretAccessKey: "secret" }, maxAttempts: 1 };
  const client = AWSXRay.captureAWSv3Client(new ChimeSDKMeetingsClient(given));
  const segment = new AWSXRay.Segment("job");
  await AWSXRay.getNamespace().runPromise(async () => {
    AWSXRay.setSegment(segment);
    await client.send(new CreateMeetingCommand({ ClientRequestToken: "a-token", MediaRegion: "us-east-1", ExternalMeetingId: "standup" }));
    await client.send(new GetMeetingCommand({ MeetingId: "m-1" })).catch((error) => console.error(error.name));
  });
  const told = segment.subsegments.map((subsegment) => {
    const { name: title, namespace, aws, http, error, fault, cause } = JSON.parse(JSON.stringify(subsegment));
    return { title, namespace, aws, http, error, fault, causes: cause?.exceptions?.map(({ type, message }) => [type, message]), trace: segment.trace_id === undefined };
  });
  console.log(JSON.stringify({ told, root: segment.trace_id, ids: segment.subsegments.map(({ id }) => id) }));
}

main();
