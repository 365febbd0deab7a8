/**
 * The functions of the wire layer that its tests call, as one module. A function `check` of
 * `binding-update` is exported as `bindingUpdate$check`; `load-wire.ts` sorts them by file.
 */
export {
  subtype as authenticationOptions$subtype,
  identifier as authenticationOptions$identifier,
  identifierLength as authenticationOptions$identifierLength,
  mobilitySpi as authenticationOptions$mobilitySpi,
  authenticationData as authenticationOptions$authenticationData,
  authenticationDataLength as authenticationOptions$authenticationDataLength,
  timestamp as authenticationOptions$timestamp,
  appendMobileNodeIdentifier as authenticationOptions$appendMobileNodeIdentifier,
  appendReplayProtection as authenticationOptions$appendReplayProtection,
  appendAuthentication as authenticationOptions$appendAuthentication,
} from "../../core-as/wire/authentication-options";
export {
  status as bindingAcknowledgement$status,
  setStatus as bindingAcknowledgement$setStatus,
  isAccepted as bindingAcknowledgement$isAccepted,
  flags as bindingAcknowledgement$flags,
  setFlags as bindingAcknowledgement$setFlags,
  hasFlag as bindingAcknowledgement$hasFlag,
  sequence as bindingAcknowledgement$sequence,
  setSequence as bindingAcknowledgement$setSequence,
  lifetimeMs as bindingAcknowledgement$lifetimeMs,
  setLifetimeMs as bindingAcknowledgement$setLifetimeMs,
  build as bindingAcknowledgement$build,
} from "../../core-as/wire/binding-acknowledgement";
export {
  status as bindingError$status,
  homeAddress as bindingError$homeAddress,
  build as bindingError$build,
} from "../../core-as/wire/binding-error";
export {
  refreshIntervalMs as bindingOptions$refreshIntervalMs,
  alternateCareofAddress as bindingOptions$alternateCareofAddress,
  homeNonceIndex as bindingOptions$homeNonceIndex,
  careofNonceIndex as bindingOptions$careofNonceIndex,
  authenticator as bindingOptions$authenticator,
  authenticatorLength as bindingOptions$authenticatorLength,
  appendBindingRefreshAdvice as bindingOptions$appendBindingRefreshAdvice,
  appendAlternateCareofAddress as bindingOptions$appendAlternateCareofAddress,
  appendNonceIndices as bindingOptions$appendNonceIndices,
  appendBindingAuthorizationData as bindingOptions$appendBindingAuthorizationData,
} from "../../core-as/wire/binding-options";
export {
  build as bindingRefreshRequest$build,
} from "../../core-as/wire/binding-refresh-request";
export {
  sequence as bindingUpdate$sequence,
  setSequence as bindingUpdate$setSequence,
  flags as bindingUpdate$flags,
  setFlags as bindingUpdate$setFlags,
  hasFlag as bindingUpdate$hasFlag,
  lifetimeMs as bindingUpdate$lifetimeMs,
  setLifetimeMs as bindingUpdate$setLifetimeMs,
  build as bindingUpdate$build,
} from "../../core-as/wire/binding-update";
export {
  get8 as bytes$get8,
  get16 as bytes$get16,
  get32 as bytes$get32,
  get64 as bytes$get64,
  set8 as bytes$set8,
  set16 as bytes$set16,
  set32 as bytes$set32,
  set64 as bytes$set64,
  copyAddress as bytes$copyAddress,
  sameAddress as bytes$sameAddress,
  samePrefix as bytes$samePrefix,
  isUnspecified as bytes$isUnspecified,
  isMulticast as bytes$isMulticast,
  isLinkLocal as bytes$isLinkLocal,
  isLoopback as bytes$isLoopback,
  isUnicastRoutable as bytes$isUnicastRoutable,
} from "../../core-as/wire/bytes";
export {
  nonceIndex as careofTest$nonceIndex,
  cookie as careofTest$cookie,
  keygenToken as careofTest$keygenToken,
  build as careofTest$build,
} from "../../core-as/wire/careof-test";
export {
  cookie as careofTestInit$cookie,
  build as careofTestInit$build,
} from "../../core-as/wire/careof-test-init";
export {
  isExtension as chain$isExtension,
  lengthBytes as chain$lengthBytes,
  findUpper as chain$findUpper,
} from "../../core-as/wire/chain";
export {
  sum as checksum$sum,
  sumWords as checksum$sumWords,
  sumVectors as checksum$sumVectors,
  pseudoHeader as checksum$pseudoHeader,
  fold as checksum$fold,
  checksum as checksum$checksum,
  verify as checksum$verify,
  update as checksum$update,
} from "../../core-as/wire/checksum";
export {
  walk as extension$walk,
  refuseOtherRouting as extension$refuseOtherRouting,
  upperProtocol as extension$upperProtocol,
  upperOffset as extension$upperOffset,
  upperLength as extension$upperLength,
  lastNextHeaderOffset as extension$lastNextHeaderOffset,
  homeAddressOption as extension$homeAddressOption,
  homeAddress as extension$homeAddress,
  routingHeaderOffset as extension$routingHeaderOffset,
  otherRoutingHeaderOffset as extension$otherRoutingHeaderOffset,
  routingType as extension$routingType,
  segmentsLeft as extension$segmentsLeft,
  fragmentHeaderOffset as extension$fragmentHeaderOffset,
  fragmentNamedAt as extension$fragmentNamedAt,
  isFragment as extension$isFragment,
  isLaterFragment as extension$isLaterFragment,
  errorCode as extension$errorCode,
  errorPointer as extension$errorPointer,
} from "../../core-as/wire/extension";
export {
  nextHeader as fragment$nextHeader,
  offsetBytes as fragment$offsetBytes,
  moreFragments as fragment$moreFragments,
  identification as fragment$identification,
  build as fragment$build,
} from "../../core-as/wire/fragment";
export {
  homeAddress as homeAddress$homeAddress,
  build as homeAddress$build,
} from "../../core-as/wire/home-address";
export {
  check as homeAgentDiscovery$check,
  identifier as homeAgentDiscovery$identifier,
  addressCount as homeAgentDiscovery$addressCount,
  address as homeAgentDiscovery$address,
  buildRequest as homeAgentDiscovery$buildRequest,
  buildReply as homeAgentDiscovery$buildReply,
  appendAddress as homeAgentDiscovery$appendAddress,
} from "../../core-as/wire/home-agent-discovery";
export {
  nonceIndex as homeTest$nonceIndex,
  cookie as homeTest$cookie,
  keygenToken as homeTest$keygenToken,
  build as homeTest$build,
} from "../../core-as/wire/home-test";
export {
  cookie as homeTestInit$cookie,
  build as homeTestInit$build,
} from "../../core-as/wire/home-test-init";
export {
  check as icmp6$check,
  type as icmp6$type,
  code as icmp6$code,
  isError as icmp6$isError,
  value as icmp6$value,
  identifier as icmp6$identifier,
  sequence as icmp6$sequence,
  body as icmp6$body,
  isErrorPacket as icmp6$isErrorPacket,
  begin as icmp6$begin,
  finish as icmp6$finish,
  buildError as icmp6$buildError,
  buildEcho as icmp6$buildEcho,
} from "../../core-as/wire/icmp6";
export {
  check as ip6$check,
  version as ip6$version,
  trafficClass as ip6$trafficClass,
  flowLabel as ip6$flowLabel,
  payloadLength as ip6$payloadLength,
  totalLength as ip6$totalLength,
  nextHeader as ip6$nextHeader,
  hopLimit as ip6$hopLimit,
  source as ip6$source,
  destination as ip6$destination,
  setTrafficClass as ip6$setTrafficClass,
  setFlowLabel as ip6$setFlowLabel,
  setPayloadLength as ip6$setPayloadLength,
  setNextHeader as ip6$setNextHeader,
  setHopLimit as ip6$setHopLimit,
  setSource as ip6$setSource,
  setDestination as ip6$setDestination,
  build as ip6$build,
} from "../../core-as/wire/ip6";
export {
  check as mobilePrefix$check,
  identifier as mobilePrefix$identifier,
  hasFlag as mobilePrefix$hasFlag,
  buildSolicitation as mobilePrefix$buildSolicitation,
  buildAdvertisement as mobilePrefix$buildAdvertisement,
} from "../../core-as/wire/mobile-prefix";
export {
  verifyChecksum as mobility$verifyChecksum,
  check as mobility$check,
  errorOffset as mobility$errorOffset,
  minimumBytes as mobility$minimumBytes,
  payloadProto as mobility$payloadProto,
  lengthBytes as mobility$lengthBytes,
  end as mobility$end,
  type as mobility$type,
  checksum as mobility$checksum,
  setChecksum as mobility$setChecksum,
  begin as mobility$begin,
  setEnd as mobility$setEnd,
  finish as mobility$finish,
} from "../../core-as/wire/mobility";
export {
  check as mobilityOptions$check,
  find as mobilityOptions$find,
  findAuthentication as mobilityOptions$findAuthentication,
  type as mobilityOptions$type,
  dataLength as mobilityOptions$dataLength,
  data as mobilityOptions$data,
  next as mobilityOptions$next,
  pad as mobilityOptions$pad,
  begin as mobilityOptions$begin,
} from "../../core-as/wire/mobility-options";
export {
  checkMessage as neighbour$checkMessage,
  checkSolicitation as neighbour$checkSolicitation,
  checkAdvertisement as neighbour$checkAdvertisement,
  isSolicitedNode as neighbour$isSolicitedNode,
  solicitedNode as neighbour$solicitedNode,
  target as neighbour$target,
  hasFlag as neighbour$hasFlag,
  buildSolicitation as neighbour$buildSolicitation,
  buildAdvertisement as neighbour$buildAdvertisement,
} from "../../core-as/wire/neighbour";
export {
  check as neighbourOptions$check,
  find as neighbourOptions$find,
  type as neighbourOptions$type,
  lengthBytes as neighbourOptions$lengthBytes,
  next as neighbourOptions$next,
  linkLayerAddress as neighbourOptions$linkLayerAddress,
  prefixLength as neighbourOptions$prefixLength,
  hasPrefixFlag as neighbourOptions$hasPrefixFlag,
  validLifetimeMs as neighbourOptions$validLifetimeMs,
  preferredLifetimeMs as neighbourOptions$preferredLifetimeMs,
  prefix as neighbourOptions$prefix,
  mtuBytes as neighbourOptions$mtuBytes,
  advertisementIntervalMs as neighbourOptions$advertisementIntervalMs,
  homeAgentPreference as neighbourOptions$homeAgentPreference,
  homeAgentLifetimeMs as neighbourOptions$homeAgentLifetimeMs,
  appendLinkLayerAddress as neighbourOptions$appendLinkLayerAddress,
  appendPrefixInformation as neighbourOptions$appendPrefixInformation,
  appendMtu as neighbourOptions$appendMtu,
  appendAdvertisementInterval as neighbourOptions$appendAdvertisementInterval,
  appendHomeAgentInformation as neighbourOptions$appendHomeAgentInformation,
  seconds as neighbourOptions$seconds,
} from "../../core-as/wire/neighbour-options";
export {
  checkSolicitation as router$checkSolicitation,
  checkAdvertisement as router$checkAdvertisement,
  advertisementOptions as router$advertisementOptions,
  curHopLimit as router$curHopLimit,
  hasFlag as router$hasFlag,
  routerLifetimeMs as router$routerLifetimeMs,
  reachableTimeMs as router$reachableTimeMs,
  retransTimerMs as router$retransTimerMs,
  buildSolicitation as router$buildSolicitation,
  buildAdvertisement as router$buildAdvertisement,
} from "../../core-as/wire/router";
export {
  check as routing2$check,
  nextHeader as routing2$nextHeader,
  routingType as routing2$routingType,
  segmentsLeft as routing2$segmentsLeft,
  homeAddress as routing2$homeAddress,
  build as routing2$build,
} from "../../core-as/wire/routing2";
export {
  exists as homeAgentsAnycast$exists,
  build as homeAgentsAnycast$build,
} from "../../core-as/wire/home-agents-anycast";
export {
  isType as mld$isType,
  check as mld$check,
  group as mld$group,
  recordCount as mld$recordCount,
  firstRecord as mld$firstRecord,
  nextRecord as mld$nextRecord,
  recordGroup as mld$recordGroup,
  isWanted as mld$isWanted,
  isLeft as mld$isLeft,
  buildGeneralQuery as mld$buildGeneralQuery,
  buildRouterAlert as mld$buildRouterAlert,
} from "../../core-as/wire/mld";
export {
  address as ipv4Options$address,
  prefixLength as ipv4Options$prefixLength,
  wantsPrefix as ipv4Options$wantsPrefix,
  status as ipv4Options$status,
  acknowledgedPrefixLength as ipv4Options$acknowledgedPrefixLength,
  isForced as ipv4Options$isForced,
  refreshS as ipv4Options$refreshS,
  appendHomeAddress as ipv4Options$appendHomeAddress,
  appendAcknowledgement as ipv4Options$appendAcknowledgement,
  appendNatDetection as ipv4Options$appendNatDetection,
  appendCareofAddress as ipv4Options$appendCareofAddress,
} from "../../core-as/wire/ipv4-options";
export {
  isProbe as pathProbe$isProbe,
  kind as pathProbe$kind,
  nonce as pathProbe$nonce,
  answerPort as pathProbe$answerPort,
  seenAddress as pathProbe$seenAddress,
  seenPort as pathProbe$seenPort,
  time as pathProbe$time,
  buildRequest as pathProbe$buildRequest,
  buildAnswer as pathProbe$buildAnswer,
} from "../../core-as/wire/path-probe";
