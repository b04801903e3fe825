/** The demo's customers: who they are, what they write, how they answer. They are invented, with fictional numbers. */
import type { FileKind } from './customer-files.ts';

/** One invented customer. */
export interface Persona {
  /** Digits. */
  readonly phone: string;
  readonly name: string;
  /** Written in order, then again from the start. */
  readonly lines: readonly string[];
  /** One of them, chosen at random, answers a colleague. */
  readonly replies: readonly string[];
}

/** A line that begins with one of these signs is a file of this kind; the rest is its caption. */
export const FILE_SIGNS: Readonly<Record<string, FileKind>> = { '📷': 'image', '🎤': 'audio', '📄': 'document' };

/** The cast: several languages and scripts, left to right and right to left, short and long. */
export const PEOPLE: readonly Persona[] = [
  {
    phone: '15550100101',
    name: 'Ada Example',
    lines: [
      'Hi! Is the blue rain jacket still available in M?',
      'And do you ship to Portland?',
      '📷 Something like this',
      'Perfect, how long would that take?',
    ],
    replies: ['Great, thank you!', 'That works for me 🙌', 'Ok, I will order today.'],
  },
  {
    phone: '553990000001',
    name: 'Bia Exemplo',
    lines: ['oi, tudo bem?', 'meu pedido #4821 ainda não chegou 😟', '🎤', 'consegue ver pra mim por favor?'],
    replies: ['obrigada! 💛', 'ah que bom, valeu', 'vou aguardar então'],
  },
  {
    phone: '447700900123',
    name: 'Chloé Test',
    lines: ['Bonjour, puis-je modifier l’adresse de livraison ?', 'C’est pour la commande de mardi.', '📄 La commande'],
    replies: ['Merci beaucoup !', 'Parfait, bonne journée ☀️'],
  },
  {
    phone: '15550100102',
    name: 'דניאל כהן',
    lines: ['שלום, האם החנות פתוחה ביום שישי?', 'עד איזו שעה אפשר להגיע?', 'אפשר לשלם ב-Bit?'],
    replies: ['תודה רבה!', 'מעולה 🙏'],
  },
  {
    phone: '15550100103',
    name: 'ليلى حسن',
    lines: ['مرحبا، هل لديكم مقاس ٤٠ من الحذاء الأبيض؟', 'وكم تكلفة التوصيل إلى المنزل؟'],
    replies: ['شكراً جزيلاً 🌹', 'ممتاز، سأطلبه الآن'],
  },
  {
    phone: '15550100104',
    name: 'Miguel Muestra',
    lines: ['Buenas tardes, ¿tienen mesa para 6 el sábado a las 21h?', 'Somos 4 adultos y 2 niños'],
    replies: ['¡Genial, gracias!', 'Perfecto, allí estaremos 👍'],
  },
  {
    phone: '15550100105',
    name: '山田 花子',
    lines: ['こんにちは。予約の変更はできますか?', '来週の水曜日の午後を希望します。'],
    replies: ['ありがとうございます!', '了解しました😊'],
  },
  {
    phone: '15550100106',
    name: 'Priya Sample',
    lines: [`📷 The part arrived broken, see the left corner`, 'Can you send a replacement?', 'नमस्ते, कोई अपडेट?'],
    replies: ['Thank you so much 🙏', 'धन्यवाद!'],
  },
  {
    phone: '15550100107',
    name: 'Jonas Beispiel',
    lines: [
      'Guten Morgen! Die Rechnung 2024-118 wurde zweimal abgebucht. Könnten Sie das bitte prüfen? Ich habe den Kontoauszug hier und kann ihn gern schicken.',
      'Soll ich den Auszug als Foto senden?',
    ],
    replies: ['Danke, das ging schnell!', 'Alles klar 👍'],
  },
  {
    phone: '15550100108',
    name: 'Zoë 🎈',
    lines: ['hiii 👋', '😍😍😍', 'do u have gift cards??', `📷 like this one`],
    replies: ['yaaay 🎉🎉', 'omg thx'],
  },
  {
    phone: '15550100109',
    name: 'Олена Приклад',
    lines: ['Доброго дня! Коли буде доставка?', 'Мені зручно після 18:00'],
    replies: ['Дякую! 🌻', 'Домовились'],
  },
  {
    phone: '15550100110',
    name: 'Sam O’Sample',
    lines: ['Do you repair e-bikes? 👨🏽‍🔧', 'The display stays dark: https://example.com/manual?id=7&lang=en'],
    replies: ['Brilliant, cheers', 'I’ll drop by tomorrow'],
  },
];

/** Emoji that customers put on answers. */
export const EMOJI: readonly string[] = ['👍', '❤️', '🙏', '😂', '😮', '🎉'];
