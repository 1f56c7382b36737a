import { isIPv4 } from 'node:net'
import { printable } from '@p2pshare/base'
import { reasonOf } from '../../errors.ts'
import { PORT_MAPPING } from '../../limits/index.ts'
import { badRouter } from '../errors.ts'
import {
  failed,
  type Mapping,
  type MappingFailure,
  type MappingResult,
  type MappingWish,
  type PortMapper
} from './port-mapper.ts'
import { askRouter, type RouterPlace } from './router-http.ts'
import { type ControlPoint, controlPointIn } from './upnp-description.ts'
import { escapeXml, readXml, textOf, type XmlElement } from './xml.ts'

/** Codes of IGD 1, section 2.4.16: the port is another's; mappings cannot end by themselves here. */
const CONFLICT = 718
const ONLY_PERMANENT = 725

/** What a router answered to an order. */
type Answer = { result: XmlElement } | { code: number; text: string }

/** A router asked by UPnP: SOAP over HTTP, to the router's own address and to nothing else. */
export class Upnp implements PortMapper {
  readonly protocol = 'upnp'
  readonly #place: RouterPlace
  readonly #control: ControlPoint

  constructor(place: RouterPlace, control: ControlPoint) {
    this.#place = place
    this.#control = control
  }

  /** Reads a router's description at a path. */
  static async at(place: RouterPlace, path: string, signal: AbortSignal): Promise<Upnp | MappingFailure> {
    try {
      const { status, body } = await askRouter(place, { path }, signal)
      const root = status === 200 ? readXml(body) : undefined
      if (root === undefined) return nonsense(`its description cannot be read (status ${status})`).failure
      const control = controlPointIn(root, new URL(`http://${place.host}:${place.port}${path}`))
      if (control !== undefined) return new Upnp(place, control)
      return nonsense('its description names no service of its own that maps ports').failure
    } catch (error) {
      return nonsense(reasonOf(error)).failure
    }
  }

  async map(wish: MappingWish, signal: AbortSignal): Promise<MappingResult> {
    try {
      const outside = await this.#order('GetExternalIPAddress', [], signal)
      if ('code' in outside) return refused(outside)
      const externalHost = textOf(outside.result, 'NewExternalIPAddress') ?? ''
      if (!isIPv4(externalHost)) return nonsense(`it has the outside address ${printable(externalHost, 40)}`)
      return await this.#firstFree(wish, externalHost, signal)
    } catch (error) {
      return nonsense(reasonOf(error))
    }
  }

  async unmap(_wish: MappingWish, { externalPort }: Mapping, signal: AbortSignal): Promise<void> {
    const key: [string, string | number][] = [
      ['NewRemoteHost', ''],
      ['NewExternalPort', externalPort],
      ['NewProtocol', 'TCP']
    ]
    await this.#order('DeletePortMapping', key, signal).catch(() => undefined)
  }

  /** Takes the next port while one is another's, and a mapping without an end where the router knows no other. */
  async #firstFree(wish: MappingWish, externalHost: string, signal: AbortSignal): Promise<MappingResult> {
    let lease: number = PORT_MAPPING.leaseSeconds
    let last: Answer | undefined
    let port = wish.externalPort
    for (let tries = 0; tries < PORT_MAPPING.portTries; ) {
      last = await this.#add(wish, port, lease, signal)
      if ('result' in last) {
        const lifetime = lease === 0 ? undefined : lease * 1000
        return { mapping: { externalHost, externalPort: port, lifetime } }
      }
      if (last.code === ONLY_PERMANENT && lease > 0) {
        lease = 0
        continue
      }
      if (last.code !== CONFLICT) break
      port = port + 1 > 65_535 ? 1024 : port + 1
      tries++
    }
    return last !== undefined && 'code' in last ? refused(last) : nonsense('it gives no port')
  }

  #add(wish: MappingWish, port: number, lease: number, signal: AbortSignal): Promise<Answer> {
    const order: [string, string | number][] = [
      ['NewRemoteHost', ''],
      ['NewExternalPort', port],
      ['NewProtocol', 'TCP'],
      ['NewInternalPort', wish.internalPort],
      ['NewInternalClient', wish.local],
      ['NewEnabled', 1],
      ['NewPortMappingDescription', 'p2pshare'],
      ['NewLeaseDuration', lease]
    ]
    return this.#order('AddPortMapping', order, signal)
  }

  /** @throws ShareError `network.bad-router` when there is no sense in the answer, or none comes */
  async #order(
    action: string,
    values: readonly (readonly [string, string | number])[],
    signal: AbortSignal
  ): Promise<Answer> {
    const { type, path } = this.#control
    const fields = values.map(([name, value]) => `<${name}>${escapeXml(String(value))}</${name}>`).join('')
    const body =
      '<?xml version="1.0"?>\r\n<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" ' +
      's:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>' +
      `<u:${action} xmlns:u="${type}">${fields}</u:${action}></s:Body></s:Envelope>\r\n`
    const headers = { 'content-type': 'text/xml; charset="utf-8"', soapaction: `"${type}#${action}"` }
    const answer = await askRouter(this.#place, { path, body, headers }, signal)
    const root = readXml(answer.body)
    if (root === undefined)
      throw badRouter(`its answer to ${action} cannot be read (status ${answer.status})`)
    const code = textOf(root, 'errorCode')
    if (code !== undefined && /^\d{1,4}$/.test(code))
      return { code: Number(code), text: printable(textOf(root, 'errorDescription') ?? '', 80) }
    if (answer.status !== 200 || textOf(root, `${action}Response`) === undefined)
      throw badRouter(`it answers ${action} with something else (status ${answer.status})`)
    return { result: root }
  }
}

function refused({ code, text }: { code: number; text: string }): { failure: MappingFailure } {
  return failed('refused', `The router refuses: error ${code}${text === '' ? '' : ` (${text})`}.`)
}

function nonsense(what: string): { failure: MappingFailure } {
  return failed('nonsense', `The router speaks UPnP, but not so that it can be used: ${what}.`)
}
