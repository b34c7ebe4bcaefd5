"""Words of which a name of a risk cannot consist alone."""

_EMPTY = """
    a above absent additional all alternative alternatives altri altro ambiguous an and andere anderer anderes
    another any anything applicable applied applies apply appropriate are as aucun aucune autre autres available bad
    be belonging belongs below beyond blank both breach breaches bucket by can cannot case catch categories
    categorise categorised categorize categorized category choice choices choose chosen class classification
    classified code common concern concerns content contents covered danger dangerous dangers default defined
    desconhecido desconocido described determined different disallowed distribution do does doesn don dont either
    else elsewhere empty enumerated etc everything extra false find fit fits fitting for forbidden found from
    general generic given group harm harmful harms hidden i id idea identified idk image in inappropriate included
    inconnu indeterminate is issue issues it item its keine kind kinda know known label list listed lists match
    matches matching material maybe mentioned misc miscellaneous missing mixed more n na name named nan neither
    nenhum nessuno new nil ninguna ninguno no non none nonspecific nor not nota nothing novel null of off on ood oos
    option options or other others otherwise otra otras otro otros out outro outros outside overall part perhaps
    policies policy possible potential present problem problematic problems prohibited proper provided relevant
    remainder remaining request response rest right risk risks risky safe safety sconosciuto scope several shown
    some something sonstige sonstiges sort specifiable specific specified stated stuff subcategory such suitable
    sure t taxonomy tba tbd text that the there these thing things this those to true type un unassigned unavailable
    unbekannt uncategorised uncategorized uncertain unclassified unclear uncovered undefined undescribed undesirable
    undetermined unidentified unknowable unknown unlabeled unlabelled unlisted unmapped unnamed unrecognised
    unrecognized unsafe unspecifiable unspecified unsure unwanted various violation violations with wrong yet другие
    другое иное неизвестно нет прочее その他 なし 不明 其他 其它 无 未知 無 기타 알수없음
"""
EMPTY_WORDS = frozenset(_EMPTY.split())
"""Words that name no risk, alone or with each other: "Other", "N/A", "None of the above", "Unknown Risk"."""

_GENERAL = """
    abnormal about abuse abuses abusive acceptable act action actions activities activity acts additionally addressed
    adverse advised affect affecting affects aforementioned against alarming alert allowed already also amid among
    amongst answer answers anybody anyone appalling appear appears area areas around aspect aspects assistance assistant
    associated at atrocious attempt attempted attempts avoid avoided awful awfully badly badness banned barred because
    become been before behavior behavioral behaviors behaviour behavioural behaviours being beside besides blocked break
    breaking breaks but call called careless cause caused causes causing certain classes clearly communities community
    compliance compliant concerned concerning concerningly conduct conforming consequence consequences considered
    constitute constitutes contentious context contrary contravention contraventions controversial conversation
    conversations could critical damage damages damaging dangerously dangerousness deed deeds deleterious delicate
    depicted depicting depiction deplorable despicable detestable detrimental dialogue dialogues digital disagreeable
    disapproved discouraged discussion discussions dishonorable dishonourable dislikable dislikeable displeasing
    disreputable distasteful disturbance disturbing dodgy domain domains done dreadful dubious due during each effect
    effects egregious element elements enable enables enabling encourage encourages encouraging endeavor endeavors
    endeavour endeavours enquiries enquiry entirely especially ethical ethically ethics event events every everybody
    everyone evil example examples exceedingly execrable expression expressions extreme extremely facilitate facilitates
    facilitating factor factors few flagged flagrant forbid forbids form forms foul fully generally get gets getting
    ghastly give gives giving good grave gravely grievous groups guidance guideline guidelines had harmed harmfully
    harmfulness harming has have having hazard hazards heinous help helping high highly horrible horribly horrid how
    however human humans hurt hurtful hurting if ill illegal illegality illegals illegitimate illegitimately illicit
    illicitly imagery immoral immorality immorally impact impacts impermissible important improper improperly
    impropriety inadmissible inadvisable inappropriately influence influences inherently injudicious injurious input
    inputs inquiries inquiry instance instances instruction instructions intend intended intent intention intentional
    intentions interaction interactions into involve involved involves involving irresponsible irresponsibly just
    lamentable law lawless laws lead leading leads legal legally less level levels life like lives low made major make
    makes making malevolent malice malicious maliciously malign manner manners many materials matter matters may measure
    media medium message messages might misaligned misbehavior misbehaviors misbehaviour misbehaviours misconduct
    misdeed misdeeds misuse misuses moderate moderation moral morally most much must nasty naughty necessary nefarious
    negative negatively negligence negligent noncompliance noncompliant nonconforming nonpermissible nonpermitted norm
    norms notorious notoriously objectionable objectionably obviously occur occurs offence offences offend offender
    offenders offending offense offenses online only operation operations ought our outcome outcomes output outputs
    outrageous outright particular people permissible permitted pertaining picture pictures plainly point points poor
    poses posing possibly potentially practice practices pressing probable probably prohibit prohibition prohibitions
    prohibits promote promotes promoting prompt prompts proscribed public purely purpose purposes queries query question
    questionable questions quite raise raises raising rather real really reckless recklessly regarding regrettable
    regulated related relates relating remark remarks repellent replies reply reprehensible repugnant requests responses
    restricted result results riskiness rotten rule rules scenario scenarios scheme schemes security seem seems
    sensitive serious seriously severe severely shady shameful shamefully should significant significantly similar
    sinister situation situations so social societal society somebody someone somewhat special standard standards
    statement statements strange strongly subject subjects substantial suspect suspicious taboo task tasks terms
    terrible terribly texts than their them theme themes they threat threaten threatening threats tips too topic topical
    topics totally toward towards trigger triggers troublesome troubling truly typical unacceptable unadvisable
    unaligned unallowed unapproved unauthorised unauthorized unbecoming uncommon unconscionable under undesirably
    undesired unethical unethically unfavorable unfavourable unfit unhelpful unjust unjustifiable unjustified unlawful
    unlawfully unpermitted unpleasant unprincipled unsafely unsavory unsavoury unscrupulous unseemly unsettling
    unspecific unsuitable untoward untrustworthy unusual unwelcome unwise unworthy upsetting urgent usage use used user
    users uses using utterance utterances utterly vague very via victim victims vile violate violated violates violating
    violative warning warnings was way ways well were what when where which while who wholly whose wicked will within
    without wording words worrisome worrying worse worst would wretched wrongdoing wrongful wrongness wrongs you your
"""
GENERAL_WORDS = EMPTY_WORDS.union(_GENERAL.split())
"""Words that fit any risk: "Illegal Activity", "Sensitive Topic". A taxonomy may have a category of such a name."""
