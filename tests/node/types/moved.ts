// What programs on the AWS SDK import, with its names of types.
import pkg from "chimeline/client-chime-sdk-media-pipelines";
import {
  ChimeSDKMediaPipelines,
  ChimeSDKMediaPipelinesClient,
  GetMediaPipelineCommand,
  type __MetadataBearer,
  type ChimeSDKMediaPipelinesClientConfig,
  type ChimeSDKMediaPipelinesClientConfigType,
  type ChimeSDKMediaPipelinesClientResolvedConfig,
  type ChimeSDKMediaPipelinesExtensionConfiguration,
  type ChimeSDKMediaPipelinesRequestOptions,
  type ClientDefaults,
  type ClientInputEndpointParameters,
  type RuntimeExtension,
  type ServiceInputTypes,
  type ServiceOutputTypes,
} from "chimeline/client-chime-sdk-media-pipelines";
import { ForbiddenException } from "chimeline";
import { ChimeSDKMeetings } from "chimeline/client-chime-sdk-meetings";
import { LocalChime } from "chimeline/testing";

const defaults: ClientDefaults = { runtime: "node", tls: true, apiVersion: "2021-07-15", defaultsMode: "standard" };
const parameters: ClientInputEndpointParameters = { region: async () => "us-east-1", useFipsEndpoint: false };
const extension: RuntimeExtension = {
  configure(configuration: ChimeSDKMediaPipelinesExtensionConfiguration) {
    configuration.setRegion(async () => (await configuration.region()) ?? "eu-west-1");
    configuration.updateHttpClientConfig("requestTimeout", 5);
  },
};
const handler = { handle: async (request: { method: string }) => ({ response: { statusCode: 200, headers: {}, body: request.method } }) };
const config: ChimeSDKMediaPipelinesClientConfig = { ...defaults, ...parameters, requestHandler: handler, systemClockOffset: 0, signingRegion: "us-east-1" };
const alias: ChimeSDKMediaPipelinesClientConfigType = config;
const options: ChimeSDKMediaPipelinesRequestOptions = { requestTimeout: 5 };
const client = new ChimeSDKMediaPipelinesClient(alias);
const resolved: ChimeSDKMediaPipelinesClientResolvedConfig = client.config;
const input: ServiceInputTypes = { MediaPipelineId: "x" };

export async function main(): Promise<ServiceOutputTypes> {
  const output: __MetadataBearer = await client.send(new GetMediaPipelineCommand({ MediaPipelineId: "x" }), options);
  const { accessKeyId } = await resolved.credentials();
  const strategy = await resolved.retryStrategy();
  const endpoint = await resolved.endpoint?.();
  console.log(output.$metadata.attempts, accessKeyId, strategy.mode, endpoint?.hostname, resolved.requestHandler.metadata, input, extension);
  const other = new pkg.ChimeSDKMediaPipelines({ retryStrategy: strategy, logFormat: "text" });
  other.destroy();
  try {
    await new ChimeSDKMeetings({}).getMeeting({ MeetingId: "m" });
  } catch (error) {
    if (error instanceof ForbiddenException) console.log(error.code, error.hint);
  }
  console.log(LocalChime.name);
  return new ChimeSDKMediaPipelines({}).getMediaPipeline({ MediaPipelineId: "x" });
}
