/**
 * How a router gives ports to connections that leave: `cone` keeps the port of the inside where it is free, whoever
 * is dialled; `symmetric` takes another one for each connection.
 */
export type NatBehaviour = 'cone' | 'symmetric'

/** One end of a line. */
interface LineEnd {
  namespace: string
  device: string
  address: string
}

/** The namespaces of one NATed host and its router. */
export interface NatPlace {
  host: string
  router: string
  behaviour: NatBehaviour
  /** Of the host, which nobody outside sees. */
  inside: string
  /** Of the router, from which the host's connections seem to come. */
  outside: string
}

/** All places of a network, and the lines between them. */
export interface Topology {
  internet: string
  publicHosts: { host: string; address: string }[]
  nats: NatPlace[]
}

/** Public-looking, since libp2p and p2pshare treat private addresses differently; they exist in the namespaces only. */
const PUBLIC = '5.5'

/** Names and addresses of everything; `name` begins each namespace's name. */
export function topology(name: string, publicHosts: number, nats: readonly NatBehaviour[]): Topology {
  return {
    internet: `${name}-net`,
    publicHosts: Array.from({ length: publicHosts }, (_, i) => ({
      host: `${name}-p${i + 1}`,
      address: `${PUBLIC}.${i + 1}.2`
    })),
    nats: nats.map((behaviour, i) => ({
      host: `${name}-h${i + 1}`,
      router: `${name}-r${i + 1}`,
      behaviour,
      inside: `10.${i + 1}.0.2`,
      outside: `${PUBLIC}.${101 + i}.2`
    }))
  }
}

/** All namespaces of a topology. */
export function namespacesOf({ internet, publicHosts, nats }: Topology): string[] {
  return [internet, ...publicHosts.map(({ host }) => host), ...nats.flatMap((nat) => [nat.host, nat.router])]
}

/** Commands of `ip -batch` that make the namespaces and the lines between them. */
export function linkCommands(plan: Topology): string[] {
  return [
    ...namespacesOf(plan).map((name) => `netns add ${name}`),
    ...linesOf(plan).map(
      ([a, b]) =>
        `link add ${a.device} netns ${a.namespace} type veth peer name ${b.device} netns ${b.namespace}`
    )
  ]
}

/** Commands of `ip -n <namespace> -batch`, after {@link linkCommands}: addresses, and the way to the others. */
export function addressCommands(plan: Topology, namespace: string): string[] {
  const ends = linesOf(plan)
    .flat()
    .filter((end) => end.namespace === namespace)
  const nat = plan.nats.find(({ host, router }) => host === namespace || router === namespace)
  const address =
    plan.publicHosts.find(({ host }) => host === namespace)?.address ??
    (nat === undefined ? undefined : nat.host === namespace ? nat.inside : nat.outside)
  return [
    'link set lo up',
    ...ends.flatMap(({ device, address }) => [
      `address add ${address}/24 dev ${device}`,
      `link set ${device} up`
    ]),
    ...(address === undefined ? [] : [`route add default via ${gateway(address)}`])
  ]
}

/** The rules of a NAT router, for `nft -f -`. Nothing unasked comes in; what does is dropped without an answer. */
export function natRules(behaviour: NatBehaviour): string {
  const ports = behaviour === 'symmetric' ? ' random,fully-random' : ''
  return `
table ip nat {
  chain prerouting { type nat hook prerouting priority -100; }
  chain postrouting {
    type nat hook postrouting priority 100;
    oifname "wan0" masquerade${ports}
  }
}
table ip filter {
  chain input {
    type filter hook input priority 0; policy accept;
    iifname "wan0" ct state established,related accept
    iifname "wan0" ip protocol icmp accept
    iifname "wan0" drop
  }
  chain forward {
    type filter hook forward priority 0; policy drop;
    iifname "lan0" accept
    ct state established,related accept
  }
}
`
}

/** The router of a host's /24. */
function gateway(address: string): string {
  return address.replace(/\.\d+$/, '.1')
}

function linesOf({ internet, publicHosts, nats }: Topology): [LineEnd, LineEnd][] {
  return [
    ...publicHosts.map(({ host, address }, i): [LineEnd, LineEnd] => [
      { namespace: internet, device: `p${i + 1}`, address: gateway(address) },
      { namespace: host, device: 'wan0', address }
    ]),
    ...nats.flatMap((nat, i): [LineEnd, LineEnd][] => [
      [
        { namespace: internet, device: `n${i + 1}`, address: gateway(nat.outside) },
        { namespace: nat.router, device: 'wan0', address: nat.outside }
      ],
      [
        { namespace: nat.router, device: 'lan0', address: gateway(nat.inside) },
        { namespace: nat.host, device: 'lan0', address: nat.inside }
      ]
    ])
  ]
}
